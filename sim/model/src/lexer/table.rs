//! The states of numbers, words and directives, as a table from state and byte
//! to what the byte does. Strings have no rows here: they are searched, not
//! followed.

use qga_fixtures::schema::{Directives, Parser, Release};

use super::Kind;

/// For each state and byte: a state, a [`Kind`] above [`END`], [`QUOTE`], or
/// [`STRAY`]; with [`LOOKAHEAD`] the byte is left for what follows.
pub(super) type Table = [[u8; 256]; ROWS];

/// The byte ends the token and is not part of it.
pub(super) const LOOKAHEAD: u8 = 0x80;
const END: u8 = 0x40;
const QUOTE: u8 = 0x3F;
const STRAY: u8 = 0;

// The states. 0 is no state, so that what is not said is stray.
const BEGIN: u8 = 1;
const SIGN: u8 = 2;
const ZERO: u8 = 3;
const DIGITS: u8 = 4;
const POINT: u8 = 5;
const DECIMALS: u8 = 6;
const EXPONENT: u8 = 7;
const EXPONENT_SIGN: u8 = 8;
const EXPONENT_DIGITS: u8 = 9;
const WORD: u8 = 10;
const PERCENT: u8 = 11;
const PERCENT_L: u8 = 12;
const PERCENT_LL: u8 = 13;
const PERCENT_I: u8 = 14;
const PERCENT_I6: u8 = 15;
const PERCENT_I64: u8 = 16;
const ROWS: usize = 17;

/// The kinds a step can end with, by their number above [`END`].
const KINDS: [Kind; 10] = [
    Kind::OpenBrace,
    Kind::CloseBrace,
    Kind::OpenBracket,
    Kind::CloseBracket,
    Kind::Colon,
    Kind::Comma,
    Kind::Integer,
    Kind::Float,
    Kind::Keyword,
    Kind::Directive,
];
const INTEGER: u8 = END + 6;
const FLOAT: u8 = END + 7;
const KEYWORD: u8 = END + 8;
const DIRECTIVE: u8 = END + 9;

/// What a byte does outside of strings.
pub(super) enum Step {
    /// The token goes on in this state.
    Go(u8),
    /// A string begins.
    Quote,
    /// The token is complete.
    End(Kind),
    /// The byte may not be here.
    Stray,
}

static BYTEWISE: Table = with_directives(numbers_and_words(0x80), b"dipsf", b"d");
static BYTEWISE_UNSIGNED: Table = with_directives(numbers_and_words(0x80), b"dipsfu", b"du");
static RESYNCHRONISING: Table = numbers_and_words(0x100);

/// The table of a release.
pub(super) fn of(release: &Release) -> &'static Table {
    match (release.parser, release.directives) {
        (Parser::Bytewise, Directives::Signed) => &BYTEWISE,
        (Parser::Bytewise, _) => &BYTEWISE_UNSIGNED,
        (Parser::Resynchronising | Parser::Pushing, _) => &RESYNCHRONISING,
    }
}

/// What the first byte of a token does.
pub(super) fn begin(table: &Table, byte: u8) -> Step {
    step(table[BEGIN as usize][usize::from(byte)])
}

/// The meaning of an entry without [`LOOKAHEAD`].
pub(super) fn step(entry: u8) -> Step {
    match entry {
        STRAY => Step::Stray,
        QUOTE => Step::Quote,
        END.. => Step::End(kind(entry)),
        row => Step::Go(row),
    }
}

/// The kind of token an entry ends.
pub(super) fn kind(entry: u8) -> Kind {
    KINDS[usize::from(entry & !LOOKAHEAD & !END)]
}

/// Fills the bytes of `from..=to` in a row.
const fn set(mut table: Table, row: u8, from: u8, to: u8, entry: u8) -> Table {
    let mut byte = from as usize;
    while byte <= to as usize {
        table[row as usize][byte] = entry;
        byte += 1;
    }
    table
}

/// In a row every byte below `lookahead_end` ends a token, unless said otherwise.
const fn ends(mut table: Table, row: u8, lookahead_end: usize, kind: u8) -> Table {
    let mut byte = 0;
    while byte < lookahead_end {
        table[row as usize][byte] = kind | LOOKAHEAD;
        byte += 1;
    }
    table
}

const fn numbers_and_words(lookahead_end: usize) -> Table {
    let mut table = [[STRAY; 256]; ROWS];
    let structure = *b"{}[]:,";
    let mut at = 0;
    while at < structure.len() {
        table[BEGIN as usize][structure[at] as usize] = END + at as u8;
        at += 1;
    }
    table = set(table, BEGIN, b'"', b'"', QUOTE);
    table = set(table, BEGIN, b'\'', b'\'', QUOTE);
    table = set(table, BEGIN, b'a', b'z', WORD);
    table = whole(table, BEGIN);
    table = set(table, BEGIN, b'-', b'-', SIGN);
    table = whole(table, SIGN);
    table = ends(table, ZERO, lookahead_end, INTEGER);
    table = set(table, ZERO, b'0', b'9', STRAY);
    table = set(table, ZERO, b'.', b'.', POINT);
    table = ends(table, DIGITS, lookahead_end, INTEGER);
    table = set(table, DIGITS, b'0', b'9', DIGITS);
    table = set(table, DIGITS, b'.', b'.', POINT);
    table = exponent(table, DIGITS);
    table = set(table, POINT, b'0', b'9', DECIMALS);
    table = ends(table, DECIMALS, lookahead_end, FLOAT);
    table = set(table, DECIMALS, b'0', b'9', DECIMALS);
    table = exponent(table, DECIMALS);
    table = set(table, EXPONENT, b'0', b'9', EXPONENT_DIGITS);
    table = set(table, EXPONENT, b'+', b'+', EXPONENT_SIGN);
    table = set(table, EXPONENT, b'-', b'-', EXPONENT_SIGN);
    table = set(table, EXPONENT_SIGN, b'0', b'9', EXPONENT_DIGITS);
    table = ends(table, EXPONENT_DIGITS, lookahead_end, FLOAT);
    table = set(table, EXPONENT_DIGITS, b'0', b'9', EXPONENT_DIGITS);
    table = ends(table, WORD, lookahead_end, KEYWORD);
    set(table, WORD, b'a', b'z', WORD)
}

/// The first digit of a number.
const fn whole(table: Table, row: u8) -> Table {
    set(set(table, row, b'0', b'0', ZERO), row, b'1', b'9', DIGITS)
}

const fn exponent(table: Table, row: u8) -> Table {
    set(set(table, row, b'e', b'e', EXPONENT), row, b'E', b'E', EXPONENT)
}

/// `%` with one of `plain`, or with `l`, `ll` or `I64` and one of `long`.
const fn with_directives(mut table: Table, plain: &[u8], long: &[u8]) -> Table {
    table = set(table, BEGIN, b'%', b'%', PERCENT);
    table = set(table, PERCENT, b'l', b'l', PERCENT_L);
    table = set(table, PERCENT_L, b'l', b'l', PERCENT_LL);
    table = set(table, PERCENT, b'I', b'I', PERCENT_I);
    table = set(table, PERCENT_I, b'6', b'6', PERCENT_I6);
    table = set(table, PERCENT_I6, b'4', b'4', PERCENT_I64);
    table = letters(table, PERCENT, plain);
    table = letters(table, PERCENT_L, long);
    table = letters(table, PERCENT_LL, long);
    letters(table, PERCENT_I64, long)
}

const fn letters(mut table: Table, row: u8, letters: &[u8]) -> Table {
    let mut at = 0;
    while at < letters.len() {
        table[row as usize][letters[at] as usize] = DIRECTIVE;
        at += 1;
    }
    table
}
