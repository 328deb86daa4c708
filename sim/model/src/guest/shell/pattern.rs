//! Patterns: `*`, `?` and `[…]`.
//!
//! A pattern is a small machine whose states are bits: reading a byte takes a few
//! operations on words, whatever the pattern, so that no pattern takes long.

/// A character of a word, with a mark if it was quoted.
pub(super) type Char = u16;

/// Marks a character that was quoted and means only itself.
pub(super) const QUOTED: Char = 0x100;

/// Elements of a pattern; one with more fits nothing.
const ELEMENTS_MAX: usize = 1024;

/// A character without its mark.
pub(super) fn byte(character: Char) -> u8 {
    (character & 0xFF) as u8
}

/// Characters without their marks.
pub(super) fn bytes(characters: &[Char]) -> Vec<u8> {
    characters.iter().map(|it| byte(*it)).collect()
}

/// Bytes as characters.
pub(super) fn characters(bytes: &[u8], quoted: bool) -> impl Iterator<Item = Char> + '_ {
    let mark = if quoted { QUOTED } else { 0 };
    bytes.iter().map(move |it| Char::from(*it) | mark)
}

const STAR: Char = b'*' as Char;
const ANY: Char = b'?' as Char;
const OPEN: Char = b'[' as Char;

/// Whether there is anything in it that stands for more than itself.
pub(super) fn is_pattern(characters: &[Char]) -> bool {
    characters.iter().any(|it| [STAR, ANY, OPEN].contains(it))
}

/// What stands for a part of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Element {
    /// Anything.
    Star,
    /// One of these bytes.
    Set(Box<[bool; 256]>),
}

/// A pattern, ready to be held against texts.
#[derive(Clone, Debug)]
pub(super) enum Pattern {
    /// Only this.
    Literal(Vec<u8>),
    Machine(Machine),
    /// Nothing fits.
    TooLong,
}

impl Pattern {
    pub(super) fn new(characters: &[Char]) -> Pattern {
        if !is_pattern(characters) {
            return Pattern::Literal(bytes(characters));
        }
        match elements(characters) {
            Some(elements) => Pattern::Machine(Machine::new(&elements)),
            None => Pattern::TooLong,
        }
    }

    /// Whether it fits a whole text.
    pub(super) fn fits(&self, text: &[u8]) -> bool {
        match self {
            Pattern::Literal(literal) => literal == text,
            Pattern::Machine(machine) => machine.ends(text.iter().copied()).last() == Some(text.len()),
            Pattern::TooLong => false,
        }
    }
}

/// What is left of a text when what a pattern fits is taken from one of its ends.
pub(super) fn without<'t>(text: &'t [u8], pattern: &[Char], at_end: bool, longest: bool) -> &'t [u8] {
    let literal = bytes(pattern);
    if !is_pattern(pattern) {
        let left = if at_end {
            text.strip_suffix(&*literal)
        } else {
            text.strip_prefix(&*literal)
        };
        return left.unwrap_or(text);
    }
    let Some(mut elements) = elements(pattern) else {
        return text;
    };
    if at_end {
        elements.reverse();
    }
    let machine = Machine::new(&elements);
    let taken = match (at_end, longest) {
        (false, false) => machine.ends(text.iter().copied()).next(),
        (false, true) => machine.ends(text.iter().copied()).last(),
        (true, false) => machine.ends(text.iter().rev().copied()).next(),
        (true, true) => machine.ends(text.iter().rev().copied()).last(),
    };
    let taken = taken.unwrap_or(0);
    if at_end {
        &text[..text.len() - taken]
    } else {
        &text[taken..]
    }
}

/// Elements as a machine: after so many of them, it is in the state of that number.
#[derive(Clone, Debug)]
pub(super) struct Machine {
    len: usize,
    /// The states in which it goes on with each byte.
    accepts: Vec<u64>,
    /// The states before a star.
    stars: Vec<u64>,
}

impl Machine {
    fn new(elements: &[Element]) -> Machine {
        let words = elements.len() / 64 + 1;
        let (mut accepts, mut stars) = (vec![0; 256 * words], vec![0; words]);
        for (state, element) in elements.iter().enumerate() {
            let (word, bit) = (state / 64, 1 << (state % 64));
            match element {
                Element::Star => stars[word] |= bit,
                Element::Set(set) => {
                    let taken = accepts.chunks_mut(words).zip(set.iter()).filter(|(_, is_in)| **is_in);
                    taken.for_each(|(states, _)| states[word] |= bit);
                }
            }
        }
        Machine {
            len: elements.len(),
            accepts,
            stars,
        }
    }

    /// The lengths of the beginnings of a text that it fits, the shortest first.
    fn ends(&self, text: impl Iterator<Item = u8>) -> impl Iterator<Item = usize> {
        let mut states = vec![0; self.stars.len()];
        states[0] = 1;
        self.pass_stars(&mut states);
        let steps = text.map(Some).enumerate().map(|(at, byte)| (at + 1, byte));
        [(0, None)].into_iter().chain(steps).filter_map(move |(len, byte)| {
            if let Some(byte) = byte {
                self.step(&mut states, byte);
            }
            (states[self.len / 64] >> (self.len % 64) & 1 == 1).then_some(len)
        })
    }

    /// The states after one more byte.
    fn step(&self, states: &mut [u64], byte: u8) {
        let accepts = &self.accepts[usize::from(byte) * states.len()..];
        let mut carry = 0;
        for ((state, accepted), star) in states.iter_mut().zip(accepts).zip(&self.stars) {
            let moved = *state & accepted;
            *state = *state & star | moved << 1 | carry;
            carry = moved >> 63;
        }
        self.pass_stars(states);
    }

    /// A star may stand for nothing. There are never two in a row.
    fn pass_stars(&self, states: &mut [u64]) {
        let mut carry = 0;
        for (state, star) in states.iter_mut().zip(&self.stars) {
            let passed = *state & star;
            *state |= passed << 1 | carry;
            carry = passed >> 63;
        }
    }
}

/// The elements of a pattern, if they are not too many.
fn elements(pattern: &[Char]) -> Option<Vec<Element>> {
    let mut elements = Vec::new();
    let mut rest = pattern;
    while let Some((first, after)) = rest.split_first() {
        if elements.len() >= ELEMENTS_MAX {
            return None;
        }
        rest = after;
        match *first {
            STAR if elements.last() == Some(&Element::Star) => {}
            STAR => elements.push(Element::Star),
            ANY => elements.push(Element::Set(Box::new([true; 256]))),
            OPEN => match bracket(after) {
                Some((set, len)) => {
                    elements.push(Element::Set(set));
                    rest = &after[len..];
                }
                None => elements.push(single(b'[')),
            },
            other => elements.push(single(byte(other))),
        }
    }
    Some(elements)
}

fn single(byte: u8) -> Element {
    let mut set = Box::new([false; 256]);
    set[usize::from(byte)] = true;
    Element::Set(set)
}

/// The bytes that stand in brackets, and how long that is, from behind the first;
/// none if there is no end.
fn bracket(pattern: &[Char]) -> Option<(Box<[bool; 256]>, usize)> {
    let is_negated = matches!(pattern.first(), Some(it) if *it == Char::from(b'!') || *it == Char::from(b'^'));
    let first = usize::from(is_negated);
    let (mut set, mut at) = (Box::new([false; 256]), first);
    loop {
        let character = *pattern.get(at)?;
        if character == Char::from(b']') && at > first {
            set.iter_mut().for_each(|it| *it ^= is_negated);
            return Some((set, at + 1));
        }
        if let Some((is_in, len)) = class(&pattern[at..]) {
            (0..=u8::MAX).filter(is_in).for_each(|it| set[usize::from(it)] = true);
            at += len;
            continue;
        }
        let is_range = pattern.get(at + 1) == Some(&Char::from(b'-'))
            && pattern.get(at + 2).is_some_and(|it| *it != Char::from(b']'));
        let low = usize::from(byte(character));
        let high = if is_range {
            usize::from(byte(pattern[at + 2]))
        } else {
            low
        };
        (low..=high).for_each(|it| set[it] = true);
        at += if is_range { 3 } else { 1 };
    }
}

/// Whether a byte is in a class.
type IsIn = fn(&u8) -> bool;

/// A class such as `[:digit:]`, and how long it is.
fn class(pattern: &[Char]) -> Option<(IsIn, usize)> {
    const LONGEST: usize = 12;
    let text = bytes(&pattern[..pattern.len().min(LONGEST)]);
    let rest = text.strip_prefix(b"[:")?;
    let end = rest.windows(2).position(|it| it == b":]")?;
    Some((crate::guest::tools::class(&rest[..end])?, end + 4))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pattern(text: &str) -> Vec<Char> {
        characters(text.as_bytes(), false).collect()
    }

    fn fits(text: &str, value: &str) -> bool {
        Pattern::new(&pattern(text)).fits(value.as_bytes())
    }

    #[test]
    fn patterns_fit_texts() {
        for (text, fitting, other) in [
            ("abc", "abc", "abd"),
            ("a*", "a", "b"),
            ("a*c", "abbbc", "ab"),
            ("a*b*c", "axxbyyc", "axxyyc"),
            ("a**c", "abc", "abd"),
            ("?x", "ax", "x"),
            ("[a-c]*", "bxx", "dxx"),
            ("[!a-c]", "d", "a"),
            ("[]x]", "]", "y"),
            ("[[:digit:]_]", "5", "x"),
            ("[a", "[a", "a"),
            ("*.txt", "a.txt", "a.txt.gz"),
        ] {
            assert!(fits(text, fitting), "{text} {fitting}");
            assert!(!fits(text, other), "{text} {other}");
        }
        assert!(fits("*", "") && fits("*", "anything"));
    }

    #[test]
    fn quoted_characters_mean_themselves() {
        let quoted: Vec<Char> = characters(b"a*", true).collect();
        let quoted = Pattern::new(&quoted);
        assert!(quoted.fits(b"a*") && !quoted.fits(b"ab"));
    }

    #[test]
    fn prefixes_and_suffixes_are_taken_away() {
        for (text, taken, at_end, longest, left) in [
            ("a.b.c", "*.", false, false, "b.c"),
            ("a.b.c", "*.", false, true, "c"),
            ("a.b.c", ".*", true, false, "a.b"),
            ("a.b.c", ".*", true, true, "a"),
            ("abc", "x*", false, true, "abc"),
            ("abc", "ab", false, false, "c"),
            ("abc", "bc", true, true, "a"),
            ("abc", "*", false, false, "abc"),
            ("abc", "*", true, true, ""),
            ("a1b2", "[0-9]", true, false, "a1b"),
        ] {
            assert_eq!(
                without(text.as_bytes(), &pattern(taken), at_end, longest),
                left.as_bytes(),
                "{text} {taken}"
            );
        }
    }

    #[test]
    fn what_is_made_to_take_long_does_not() {
        let hard = "*a".repeat(500);
        assert!(!fits(&hard, &"a".repeat(100_000).replace("aaaa", "b")));
        assert!(!fits(&"?".repeat(ELEMENTS_MAX + 1), &"a".repeat(ELEMENTS_MAX + 1)));
    }

    proptest! {
        #[test]
        fn a_pattern_fits_as_it_is_meant_to(text in "[ab*?]{0,8}", value in "[ab]{0,8}") {
            fn meant(pattern: &[u8], value: &[u8]) -> bool {
                match (pattern.split_first(), value.split_first()) {
                    (None, None) => true,
                    (Some((b'*', rest)), _) => {
                        meant(rest, value) || value.split_first().is_some_and(|(_, after)| meant(pattern, after))
                    }
                    (Some((first, rest)), Some((byte, after))) => {
                        (*first == b'?' || first == byte) && meant(rest, after)
                    }
                    _ => false,
                }
            }
            prop_assert_eq!(fits(&text, &value), meant(text.as_bytes(), value.as_bytes()));
        }

        #[test]
        fn no_pattern_makes_it_stumble(text in "[a-c*?\\[\\]!:-]{0,30}", value in "[a-c\\]-]{0,30}") {
            let _ = fits(&text, &value);
        }
    }
}
