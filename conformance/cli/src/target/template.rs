//! The command of `--spawn`: words with places to fill, split once as a shell
//! would do it. What is filled in never splits a word again, so a path with a
//! space in it stays one word.

use crate::likeness;
use std::path::Path;

/// The program whose guest images the runner knows how to choose.
const SIMULATOR: &str = "qga-sim";

/// What a template can be filled with.
const PLACES: [&str; 4] = ["socket", "state", "release", "guest"];

/// A command with places to fill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    text: String,
    words: Vec<String>,
}

/// What fills the places of a template.
#[derive(Clone, Copy, Debug)]
pub struct Filling<'a> {
    /// `{socket}`: where the agent must listen.
    pub socket: &'a Path,
    /// `{state}`: an empty folder.
    pub state: &'a Path,
    /// `{release}`: the release asked for.
    pub release: &'a str,
    /// `{guest}`: the guest image the script asks for.
    pub guest: &'a str,
}

impl Template {
    /// Reads the value of `--spawn`.
    ///
    /// # Errors
    /// A quote that does not end, a place nobody fills, no `{socket}`.
    pub fn parse(text: &str) -> Result<Template, String> {
        let words = shell_words::split(text).map_err(|_| "a quote or a backslash in it does not end".to_owned())?;
        if words.is_empty() {
            return Err("it is empty: name the program that starts the agent".to_owned());
        }
        for name in words.iter().flat_map(|it| places(it)) {
            check_place(name)?;
        }
        let template = Template {
            text: text.to_owned(),
            words,
        };
        if !template.has("socket") {
            return Err("it has no {socket}: the agent must be told where to listen".to_owned());
        }
        Ok(template)
    }

    /// The command as it was given.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The name of the program it starts, without its folder.
    pub fn program(&self) -> &str {
        let word = self.words.first().map_or("", String::as_str);
        word.rsplit('/').next().unwrap_or(word)
    }

    /// Whether the agent it starts runs in the guest image it is told: a template
    /// with `{guest}`, or the simulator of this project by its name, unless its
    /// image is already chosen.
    pub fn knows_guests(&self) -> bool {
        let is_simulator = |word: &String| Path::new(word).file_name().is_some_and(|it| it == SIMULATOR);
        let is_chosen = |word: &String| word == "--guest" || word.starts_with("--guest=");
        self.has("guest") || (self.words.iter().any(is_simulator) && !self.words.iter().any(is_chosen))
    }

    /// The command with its places filled: the program, then its arguments.
    pub fn fill(&self, filling: Filling<'_>) -> Vec<String> {
        self.words.iter().map(|it| fill_word(it, filling)).collect()
    }

    fn has(&self, place: &str) -> bool {
        self.words.iter().any(|word| places(word).any(|it| it == place))
    }
}

/// The names in braces of a word: `{name}` with lowercase letters only.
fn places(word: &str) -> impl Iterator<Item = &str> {
    word.split('{').skip(1).filter_map(|rest| {
        let (name, _) = rest.split_once('}')?;
        let is_name = !name.is_empty() && name.bytes().all(|it| it.is_ascii_lowercase());
        is_name.then_some(name)
    })
}

fn check_place(name: &str) -> Result<(), String> {
    if PLACES.contains(&name) {
        return Ok(());
    }
    let hint = likeness::nearest(name, PLACES).map_or(String::new(), |it| format!("did you mean {{{it}}}? "));
    Err(format!(
        "{{{name}}} is not known: {hint}known are {{socket}}, {{state}}, {{release}} and {{guest}}"
    ))
}

/// One pass from left to right, so that what was filled in is not looked at again.
fn fill_word(word: &str, filling: Filling<'_>) -> String {
    let mut filled = String::with_capacity(word.len());
    let mut rest = word;
    while let Some((before, from)) = rest.split_once('{') {
        filled.push_str(before);
        match from
            .split_once('}')
            .and_then(|(name, after)| Some((value(name, filling)?, after)))
        {
            Some((value, after)) => {
                filled.push_str(&value);
                rest = after;
            }
            None => {
                filled.push('{');
                rest = from;
            }
        }
    }
    filled + rest
}

fn value(name: &str, filling: Filling<'_>) -> Option<String> {
    match name {
        "socket" => Some(filling.socket.display().to_string()),
        "state" => Some(filling.state.display().to_string()),
        "release" => Some(filling.release.to_owned()),
        "guest" => Some(filling.guest.to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn filling() -> Filling<'static> {
        Filling {
            socket: Path::new("/t/a b.sock"),
            state: Path::new("/t/state"),
            release: "7.2",
            guest: "{state}",
        }
    }

    #[rstest]
    #[case::plain("agent -p {socket}", &["agent", "-p", "/t/a b.sock"])]
    #[case::inside_a_word("agent --path={socket},mode=600", &["agent", "--path=/t/a b.sock,mode=600"])]
    #[case::quoted("sh -c 'exec agent {socket} \"{state}\"'", &["sh", "-c", "exec agent /t/a b.sock \"/t/state\""])]
    #[case::twice("x {socket}{socket}", &["x", "/t/a b.sock/t/a b.sock"])]
    #[case::filled_in_is_not_filled_again("x {socket} {guest}", &["x", "/t/a b.sock", "{state}"])]
    #[case::other_braces("x {socket} {} {A} ${HOME} {", &["x", "/t/a b.sock", "{}", "{A}", "${HOME}", "{"])]
    #[case::release("qga-sim --emulate {release} -p {socket}", &["qga-sim", "--emulate", "7.2", "-p", "/t/a b.sock"])]
    fn places_are_filled(#[case] text: &str, #[case] words: &[&str]) {
        let template = Template::parse(text).expect("a good template");
        assert_eq!(template.fill(filling()), words);
    }

    #[rstest]
    #[case::empty("  ", "it is empty")]
    #[case::open_quote("agent '{socket}", "does not end")]
    #[case::no_socket("agent -t {state}", "has no {socket}")]
    #[case::typo("agent {sokcet}", "did you mean {socket}?")]
    #[case::unknown("agent {socket} {qqq}", "{qqq} is not known: known are")]
    fn mistakes_are_named(#[case] text: &str, #[case] message: &str) {
        let error = Template::parse(text).expect_err("a bad template");
        assert!(error.contains(message), "{error}");
    }

    #[rstest]
    #[case("qemu-ga -p {socket}", false)]
    #[case("qga-sim -p {socket}", true)]
    #[case("nice -n 5 /opt/bin/qga-sim -p {socket}", true)]
    #[case("qga-simulator -p {socket}", false)]
    #[case("qga-sim --guest full-disk -p {socket}", false)]
    #[case("qga-sim --guest=full-disk -p {socket}", false)]
    #[case("qga-sim --guest={guest} -p {socket}", true)]
    #[case("my-agent {guest} {socket}", true)]
    fn the_simulator_is_known_by_its_name(#[case] text: &str, #[case] expected: bool) {
        assert_eq!(Template::parse(text).expect("a good template").knows_guests(), expected);
    }
}
