//! Reads a command line the way getopt_long of the GNU C library does, because
//! that is what the real agent's users have learned: bundled letters, values
//! attached or not, long names cut short, options after positional arguments,
//! and its messages.
//!
//! It knows nothing of what the options mean.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

/// Whether an option takes a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Takes {
    /// It takes none.
    Nothing,
    /// It needs one, attached or as the next argument.
    Value,
    /// It may have one, attached only.
    MaybeValue,
}

/// A letter of the option table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Short<T> {
    pub(crate) letter: u8,
    pub(crate) takes: Takes,
    pub(crate) option: T,
}

/// A long name of the option table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Long<T> {
    pub(crate) name: &'static str,
    pub(crate) takes: Takes,
    pub(crate) option: T,
    /// Whether it must be written out; one that must not can be cut short.
    pub(crate) whole: bool,
}

/// The options of a program.
#[derive(Clone, Debug)]
pub(crate) struct Table<T> {
    pub(crate) shorts: Vec<Short<T>>,
    pub(crate) longs: Vec<Long<T>>,
    /// Whether the first positional argument ends the options, as POSIXLY_CORRECT asks.
    pub(crate) stops_at_positional: bool,
}

/// What the command line holds, one at a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Item<T> {
    /// An option and its value.
    Option(T, Option<OsString>),
    /// A mistake, in getopt's words without the program's name before them.
    Mistake(Vec<u8>),
}

/// Reads `args`, which do not hold the program's name, one item at a time.
pub(crate) struct Reader<'a, T> {
    table: &'a Table<T>,
    args: std::slice::Iter<'a, OsString>,
    /// The letters of a bundle still to be read.
    bundle: &'a [u8],
    ended: bool,
}

impl<'a, T: Copy + PartialEq> Reader<'a, T> {
    pub(crate) fn new(table: &'a Table<T>, args: &'a [OsString]) -> Reader<'a, T> {
        Reader {
            table,
            args: args.iter(),
            bundle: &[],
            ended: false,
        }
    }

    fn long(&mut self, text: &'a [u8]) -> Item<T> {
        let equals = text.iter().position(|byte| *byte == b'=');
        let name = &text[..equals.unwrap_or(text.len())];
        let value = equals.map(|at| OsStr::from_bytes(&text[at + 1..]).to_owned());
        let found = match self.look_up(name) {
            Found::One(found) => found,
            Found::None => return mistake(&[b"unrecognized option '--", text, b"'"]),
            Found::Several(names) => return ambiguous(text, &names),
        };
        match (found.takes, value) {
            (Takes::Nothing, Some(_)) => {
                mistake(&[b"option '--", found.name.as_bytes(), b"' doesn't allow an argument"])
            }
            (Takes::Value, None) => match self.args.next() {
                Some(value) => Item::Option(found.option, Some(value.clone())),
                None => mistake(&[b"option '--", found.name.as_bytes(), b"' requires an argument"]),
            },
            (_, value) => Item::Option(found.option, value),
        }
    }

    fn look_up(&self, name: &[u8]) -> Found<T> {
        if let Some(exact) = self.table.longs.iter().find(|it| it.name.as_bytes() == name) {
            return Found::One(*exact);
        }
        let begins = |it: &&Long<T>| !it.whole && it.name.as_bytes().starts_with(name);
        let candidates: Vec<Long<T>> = self.table.longs.iter().filter(begins).copied().collect();
        match candidates.split_first() {
            None => Found::None,
            // Two names of one option are no ambiguity.
            Some((first, rest))
                if rest
                    .iter()
                    .all(|it| it.option == first.option && it.takes == first.takes) =>
            {
                Found::One(*first)
            }
            Some(_) => Found::Several(candidates.iter().map(|it| it.name).collect()),
        }
    }

    fn short(&mut self) -> Option<Item<T>> {
        let (letter, rest) = self.bundle.split_first()?;
        self.bundle = rest;
        let Some(found) = self.table.shorts.iter().find(|it| it.letter == *letter) else {
            return Some(mistake(&[b"invalid option -- '", &[*letter], b"'"]));
        };
        Some(match found.takes {
            Takes::Nothing => Item::Option(found.option, None),
            Takes::MaybeValue => Item::Option(found.option, self.attached()),
            Takes::Value => match self.attached().or_else(|| self.args.next().cloned()) {
                Some(value) => Item::Option(found.option, Some(value)),
                None => mistake(&[b"option requires an argument -- '", &[*letter], b"'"]),
            },
        })
    }

    /// What is left of the bundle, as a value.
    fn attached(&mut self) -> Option<OsString> {
        let rest = std::mem::take(&mut self.bundle);
        (!rest.is_empty()).then(|| OsStr::from_bytes(rest).to_owned())
    }
}

impl<T: Copy + PartialEq> Iterator for Reader<'_, T> {
    type Item = Item<T>;

    fn next(&mut self) -> Option<Item<T>> {
        if !self.bundle.is_empty() {
            return self.short();
        }
        while !self.ended {
            match self.args.next()?.as_bytes() {
                b"--" => self.ended = true,
                [b'-', b'-', name @ ..] => return Some(self.long(name)),
                [b'-', letters @ ..] if !letters.is_empty() => {
                    self.bundle = letters;
                    return self.short();
                }
                _ => self.ended = self.table.stops_at_positional,
            }
        }
        None
    }
}

enum Found<T> {
    One(Long<T>),
    None,
    Several(Vec<&'static str>),
}

fn ambiguous<T>(text: &[u8], names: &[&str]) -> Item<T> {
    let names: String = names.iter().map(|name| format!(" '--{name}'")).collect();
    mistake(&[b"option '--", text, b"' is ambiguous; possibilities:", names.as_bytes()])
}

fn mistake<T>(parts: &[&[u8]]) -> Item<T> {
    Item::Mistake(parts.concat())
}

#[cfg(test)]
mod tests {
    use super::*;
    use Takes::{MaybeValue, Nothing, Value};
    use std::os::unix::ffi::OsStringExt;

    fn table() -> Table<char> {
        let short = |letter: char, takes| Short {
            letter: letter as u8,
            takes,
            option: letter,
        };
        let long = |name, takes, option| Long {
            name,
            takes,
            option,
            whole: false,
        };
        Table {
            shorts: vec![short('v', Nothing), short('p', Value), short('F', MaybeValue)],
            longs: vec![
                long("version", Nothing, 'V'),
                long("verbose", Nothing, 'v'),
                long("path", Value, 'p'),
                long("hook", MaybeValue, 'F'),
                long("block-rpcs", Value, 'b'),
                long("blacklist", Value, 'b'),
                Long {
                    name: "peculiar",
                    takes: Nothing,
                    option: 'x',
                    whole: true,
                },
            ],
            stops_at_positional: false,
        }
    }

    /// `p=a v F= !message`: each item as one word, mistakes after a `!`.
    fn read(table: &Table<char>, line: &str) -> String {
        let args: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        let show = |item: Item<char>| match item {
            Item::Option(option, None) => option.to_string(),
            Item::Option(option, Some(value)) => format!("{option}={}", value.to_string_lossy()),
            Item::Mistake(text) => format!("!{}", String::from_utf8_lossy(&text)),
        };
        Reader::new(table, &args).map(show).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn options_are_read_as_the_c_library_reads_them() {
        for (line, expected) in [
            ("-v -p a", "v p=a"),
            ("-vpa", "v p=a"),
            ("-vp a", "v p=a"),
            ("-p -v", "p=-v"),
            ("-p -- -v", "p=-- v"),
            ("--path=a --path b", "p=a p=b"),
            ("--path=", "p="),
            ("--pat a", "p=a"),
            ("-F a", "F"),
            ("-Fa -vFb", "F=a v F=b"),
            ("--hook a --hook=b", "F F=b"),
            ("x -v y", "v"),
            ("- -v", "v"),
            ("-v -- -p", "v"),
            ("--b=x --bl y", "b=x b=y"),
            ("--p a", "p=a"),
            ("--peculiar", "x"),
        ] {
            assert_eq!(read(&table(), line), expected, "{line}");
        }
    }

    #[test]
    fn mistakes_are_worded_as_the_c_library_words_them() {
        for (line, expected) in [
            ("-x", "!invalid option -- 'x'"),
            ("-vxv", "v !invalid option -- 'x' v"),
            ("-p", "!option requires an argument -- 'p'"),
            ("--path", "!option '--path' requires an argument"),
            ("--pat", "!option '--path' requires an argument"),
            ("--verbose=1", "!option '--verbose' doesn't allow an argument"),
            ("--verb=1", "!option '--verbose' doesn't allow an argument"),
            ("--bogus=3", "!unrecognized option '--bogus=3'"),
            ("--peculia", "!unrecognized option '--peculia'"),
            (
                "--ver=1",
                "!option '--ver=1' is ambiguous; possibilities: '--version' '--verbose'",
            ),
        ] {
            assert_eq!(read(&table(), line), expected, "{line}");
        }
    }

    #[test]
    fn a_positional_argument_ends_the_options_where_asked() {
        let table = Table {
            stops_at_positional: true,
            ..table()
        };
        assert_eq!(read(&table, "-v x -v"), "v");
    }

    #[test]
    fn bytes_that_are_no_text_are_kept() {
        let args = [
            OsString::from_vec(b"-p\xff".to_vec()),
            OsString::from_vec(b"-\xfe".to_vec()),
        ];
        let items: Vec<_> = Reader::new(&table(), &args).collect();
        let value = OsString::from_vec(vec![0xff]);
        let expected = [
            Item::Option('p', Some(value)),
            Item::Mistake(b"invalid option -- '\xfe'".to_vec()),
        ];
        assert_eq!(items, expected);
    }
}
