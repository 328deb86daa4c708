//! Writes patterns in their one canonical form.

use super::{Kind, Member, Number, Pattern, Test, Text, string};
use std::slice;

/// How long a line of a script may get before a pattern is broken over several.
pub const LINE_CHARS_MAX: usize = 100;

/// The pattern on one line.
pub fn flat(pattern: &Pattern) -> String {
    let mut out = String::new();
    write_pattern(pattern, &mut out);
    out
}

/// The pattern from a column on, counted from 0, broken between the elements of
/// what does not fit; each line begins below the first element of its bracket.
pub fn broken(pattern: &Pattern, column: usize) -> String {
    let mut out = String::new();
    Layout { out: &mut out, column }.pattern(pattern);
    out
}

/// A test on one line.
pub(super) fn flat_test(test: &Test) -> String {
    let mut out = String::new();
    write_test(test, &mut out);
    out
}

struct Layout<'o> {
    out: &'o mut String,
    column: usize,
}

impl Layout<'_> {
    fn push(&mut self, text: &str) {
        self.out.push_str(text);
        self.column += text.chars().count();
    }

    fn new_line(&mut self, column: usize) {
        self.out.push('\n');
        self.out.extend(std::iter::repeat_n(' ', column));
        self.column = column;
    }

    fn pattern(&mut self, pattern: &Pattern) {
        let line = flat(pattern);
        if self.column + line.chars().count() <= LINE_CHARS_MAX {
            return self.push(&line);
        }
        let column = self.column;
        for (at, test) in pattern.tests.iter().enumerate() {
            if at > 0 {
                self.push(" |");
                self.new_line(column);
            }
            self.test(test);
        }
        if let Some(name) = &pattern.capture {
            self.push(&format!(" as ${name}"));
        }
    }

    fn test(&mut self, test: &Test) {
        match test {
            Test::Object { members, open } => self.elements("{", members, *open, "}", Layout::member),
            Test::Array { items, open } => self.elements("[", items, *open, "]", Layout::pattern),
            Test::Some(element) => self.elements("some(", slice::from_ref(&**element), false, ")", Layout::pattern),
            Test::Each(element) => self.elements("each(", slice::from_ref(&**element), false, ")", Layout::pattern),
            Test::Not(inner) => self.elements("not(", slice::from_ref(&**inner), false, ")", Layout::pattern),
            other => self.push(&flat_test(other)),
        }
    }

    fn elements<T>(&mut self, left: &str, elements: &[T], open: bool, right: &str, write: fn(&mut Self, &T)) {
        self.push(left);
        let column = self.column;
        for (at, element) in elements.iter().enumerate() {
            if at > 0 {
                self.push(",");
                self.new_line(column);
            }
            write(self, element);
        }
        match (open, elements.is_empty()) {
            (true, true) => self.push("..."),
            (true, false) => self.push(", ..."),
            (false, _) => {}
        }
        self.push(right);
    }

    fn member(&mut self, member: &Member) {
        let mut name = String::new();
        write_name(member, &mut name);
        self.push(&name);
        self.pattern(&member.value);
    }
}

fn write_pattern(pattern: &Pattern, out: &mut String) {
    for (at, test) in pattern.tests.iter().enumerate() {
        if at > 0 {
            out.push_str(" | ");
        }
        write_test(test, out);
    }
    if let Some(name) = &pattern.capture {
        out.push_str(" as $");
        out.push_str(name);
    }
}

fn write_test(test: &Test, out: &mut String) {
    match test {
        Test::Null => out.push_str("null"),
        Test::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Test::Number(Number(text)) => out.push_str(text),
        Test::Str(text) => string::write(text, out),
        Test::Object { members, open } => write_elements("{", members, *open, '}', write_member, out),
        Test::Array { items, open } => write_elements("[", items, *open, ']', write_pattern, out),
        Test::Some(element) => write_elements("some(", slice::from_ref(&**element), false, ')', write_pattern, out),
        Test::Each(element) => write_elements("each(", slice::from_ref(&**element), false, ')', write_pattern, out),
        Test::Not(inner) => write_elements("not(", slice::from_ref(&**inner), false, ')', write_pattern, out),
        Test::Kind(kind) => out.push_str(kind.word()),
        Test::Range { from, to } => write_range(from.as_ref(), to.as_ref(), out),
        Test::Starts(text) => write_call("starts", text, out),
        Test::Ends(text) => write_call("ends", text, out),
        Test::Has(text) => write_call("has", text, out),
        Test::Re(text) => write_plain_call("re", text, out),
        Test::Unique(member) => write_plain_call("unique", member, out),
        Test::Base64(text) => write_call("b64", text, out),
        Test::Var(name) => {
            out.push('$');
            out.push_str(name);
        }
    }
}

fn write_elements<T>(
    left: &str,
    elements: &[T],
    open: bool,
    right: char,
    write: fn(&T, &mut String),
    out: &mut String,
) {
    out.push_str(left);
    for (at, element) in elements.iter().enumerate() {
        if at > 0 {
            out.push_str(", ");
        }
        write(element, out);
    }
    match (open, elements.is_empty()) {
        (true, true) => out.push_str("..."),
        (true, false) => out.push_str(", ..."),
        (false, _) => {}
    }
    out.push(right);
}

fn write_member(member: &Member, out: &mut String) {
    write_name(member, out);
    write_pattern(&member.value, out);
}

fn write_name(member: &Member, out: &mut String) {
    string::write_plain(&member.name, out);
    out.push_str(if member.optional { "?: " } else { ": " });
}

fn write_range(from: Option<&Number>, to: Option<&Number>, out: &mut String) {
    out.push_str("int(");
    out.push_str(from.map_or("", |it| &it.0));
    out.push_str("..");
    out.push_str(to.map_or("", |it| &it.0));
    out.push(')');
}

fn write_plain_call(word: &str, text: &str, out: &mut String) {
    out.push_str(word);
    out.push('(');
    string::write_plain(text, out);
    out.push(')');
}

pub(crate) fn write_call(word: &str, text: &Text, out: &mut String) {
    out.push_str(word);
    out.push('(');
    string::write(text, out);
    out.push(')');
}

impl Kind {
    /// The word that stands for it.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Any => "_",
            Kind::Int => "int",
            Kind::Num => "num",
            Kind::Str => "str",
            Kind::Bool => "bool",
            Kind::Arr => "arr",
            Kind::Obj => "obj",
        }
    }
}
