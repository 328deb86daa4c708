//! Which members of a reply are meant: `return[].ip-addresses[].ip-address`.

use std::fmt;

/// A pattern of places in a reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Members {
    text: String,
    segments: Vec<Segment>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Segment {
    /// The member of that name.
    Name(String),
    /// `*`: a member of any name.
    AnyMember,
    /// `[]`: an element of an array.
    Element,
    /// `**`: any number of steps, none too.
    Deep,
}

/// A step from a value into one that it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step<'v> {
    /// To the member of that name.
    Member(&'v str),
    /// To an element.
    Element,
}

impl Members {
    /// Reads a pattern: names between dots, `[]` after what is an array, `*` for any
    /// member and `**` for any depth.
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub fn parse(text: &str) -> Result<Members, String> {
        let mut segments = Vec::new();
        for part in text.split('.') {
            let name = part.trim_end_matches("[]");
            segments.extend(match name {
                "" if part.is_empty() => {
                    return Err("a name is missing: write return.pid, return[].pid or **.pid".to_owned());
                }
                "" => None,
                "*" => Some(Segment::AnyMember),
                "**" => Some(Segment::Deep),
                name if name.contains(['[', ']', '*', ' ']) => return Err(strange(name)),
                name => Some(Segment::Name(name.to_owned())),
            });
            segments.extend((0..(part.len() - name.len()) / 2).map(|_| Segment::Element));
        }
        Ok(Members {
            text: text.to_owned(),
            segments,
        })
    }

    /// Everything.
    pub fn all() -> Members {
        Members {
            text: "**".to_owned(),
            segments: vec![Segment::Deep],
        }
    }

    /// Whether the place that these steps lead to is meant.
    pub(super) fn has(&self, steps: &[Step<'_>]) -> bool {
        matches(&self.segments, steps)
    }
}

fn strange(name: &str) -> String {
    format!("`{name}` is no name of a member: [] stands after a name, * and ** stand alone")
}

/// `**` gives way one step at a time; paths are as short as replies are deep, and a
/// second `**` settles what the first one tried, so that this is no more than the
/// product of both lengths.
fn matches(segments: &[Segment], steps: &[Step<'_>]) -> bool {
    let (mut segment, mut step) = (0, 0);
    let mut retry = None;
    while step < steps.len() || segment < segments.len() {
        match (segments.get(segment), steps.get(step)) {
            (Some(Segment::Deep), _) => {
                retry = Some((segment + 1, step + 1));
                segment += 1;
            }
            (Some(wanted), Some(found)) if fits(wanted, *found) => (segment, step) = (segment + 1, step + 1),
            _ => match retry {
                Some((after, from)) if from <= steps.len() => {
                    (segment, step) = (after, from);
                    retry = Some((after, from + 1));
                }
                _ => return false,
            },
        }
    }
    true
}

fn fits(segment: &Segment, step: Step<'_>) -> bool {
    match (segment, step) {
        (Segment::Name(name), Step::Member(found)) => name == found,
        (Segment::AnyMember, Step::Member(_)) | (Segment::Element, Step::Element) => true,
        _ => false,
    }
}

impl fmt::Display for Members {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn steps(text: &str) -> Vec<Step<'_>> {
        let step = |it| if it == "[]" { Step::Element } else { Step::Member(it) };
        text.split('/').filter(|it| !it.is_empty()).map(step).collect()
    }

    #[rstest]
    #[case("return", "return", true)]
    #[case("return", "return/pid", false)]
    #[case("return.pid", "return/pid", true)]
    #[case("return[].pid", "return/[]/pid", true)]
    #[case("return[].pid", "return/pid", false)]
    #[case("return[][]", "return/[]/[]", true)]
    #[case("return.*", "return/pid", true)]
    #[case("return.*", "return/[]", false)]
    #[case("**", "", true)]
    #[case("**", "return/[]/x", true)]
    #[case("**.pid", "pid", true)]
    #[case("**.pid", "return/[]/pid", true)]
    #[case("**.pid", "return/pid/x", false)]
    #[case("return.**.x.**.y", "return/a/x/b/x/y", true)]
    #[case("return.**.x.**.y", "return/a/y/x", false)]
    #[case("return.**", "return", true)]
    fn places_are_found(#[case] pattern: &str, #[case] place: &str, #[case] meant: bool) {
        let members = Members::parse(pattern).expect("a pattern");
        assert_eq!(members.has(&steps(place)), meant);
    }

    #[rstest]
    #[case("", "a name is missing")]
    #[case("return.", "a name is missing")]
    #[case(".return", "a name is missing")]
    #[case("return[0]", "[] stands after a name")]
    #[case("ret*", "* and ** stand alone")]
    fn other_patterns_are_refused(#[case] pattern: &str, #[case] message: &str) {
        let error = Members::parse(pattern).expect_err("no pattern");
        assert!(error.contains(message), "{error}");
    }
}
