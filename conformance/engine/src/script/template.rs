//! Text to send: reading it, writing it, and filling its holes.

use super::{Template, TemplatePart};
use crate::pattern::{Fault, Text, Unbound, Variables, base64_call, characters, lookup, name_length, print};
use std::fmt::Write as _;

/// How far the lines of a template are moved to the right at most, in columns.
const INDENT_MAX: usize = 16;

/// Where in JSON a piece of text stands, as far as strings and brackets go.
#[derive(Clone, Copy, Default)]
struct Position {
    quote: Option<char>,
    escaped: bool,
    depth: usize,
}

impl Position {
    fn step(&mut self, letter: char) {
        match (self.quote, letter) {
            _ if self.escaped => self.escaped = false,
            (Some(_), '\\') => self.escaped = true,
            (Some(quote), _) if quote == letter => self.quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => self.quote = Some(letter),
            (None, '{' | '[') => self.depth += 1,
            (None, '}' | ']') => self.depth = self.depth.saturating_sub(1),
            (None, _) => {}
        }
    }

    fn run(&mut self, text: &str) {
        text.chars().for_each(|it| self.step(it));
    }
}

/// Reads the lines of a template. A mistake comes with the number of its line.
pub(super) fn parse<'t>(lines: impl Iterator<Item = &'t str>) -> Result<Template, (usize, Fault)> {
    let mut position = Position::default();
    let lines = lines.enumerate().map(|(at, line)| {
        let parts = parse_line(line, &mut position).map_err(|fault| (at, fault));
        // A line's end stands for a space, which ends no string but an escape.
        position.escaped = false;
        parts
    });
    let lines = lines.collect::<Result<_, _>>()?;
    Ok(Template { lines })
}

fn parse_line(line: &str, position: &mut Position) -> Result<Vec<TemplatePart>, Fault> {
    let mut parts = Vec::new();
    let mut text = String::new();
    let mut at = 0;
    while let Some(letter) = line[at..].chars().next() {
        let (part, end) = match hole(line, at, position)? {
            Some(found) => found,
            None => {
                position.step(letter);
                text.push(letter);
                at += letter.len_utf8();
                continue;
            }
        };
        flush(&mut text, &mut parts);
        parts.push(part);
        at = end;
    }
    flush(&mut text, &mut parts);
    Ok(parts)
}

fn flush(text: &mut String, parts: &mut Vec<TemplatePart>) {
    if !text.is_empty() {
        parts.push(TemplatePart::Text(std::mem::take(text)));
    }
}

/// The variable or call that begins at `at`, and the place after it.
fn hole(line: &str, at: usize, position: &Position) -> Result<Option<(TemplatePart, usize)>, Fault> {
    let rest = &line[at..];
    if position.escaped {
        return Ok(None);
    }
    if let Some(name) = rest.strip_prefix('$') {
        let name = &name[..name_length(name)];
        let part = TemplatePart::Var(name.to_owned());
        return Ok((!name.is_empty()).then_some((part, at + 1 + name.len())));
    }
    let inside_word = line[..at].ends_with(|it: char| it.is_ascii_alphanumeric() || it == '_');
    if position.quote.is_none() && !inside_word && rest.starts_with("b64(") {
        let (text, end) = base64_call(line, at + "b64".len())?;
        return Ok(Some((TemplatePart::Base64(text), end)));
    }
    Ok(None)
}

/// Writes a template whose first line begins at a column, counted from 0; each
/// further line is moved right by one for each bracket that is open.
pub(super) fn print(template: &Template, column: usize) -> String {
    let mut out = String::new();
    let mut position = Position::default();
    for (at, line) in template.lines.iter().enumerate() {
        let line = print_line(line);
        if at > 0 {
            let closing = line.chars().take_while(|it| matches!(it, '}' | ']')).count();
            let depth = position.depth.saturating_sub(closing).min(INDENT_MAX);
            write!(out, "\n{:width$}", "", width = column + depth).expect("a string takes all");
        }
        position.run(&line);
        position.escaped = false;
        out.push_str(&line);
    }
    out
}

fn print_line(line: &[TemplatePart]) -> String {
    let mut out = String::new();
    for part in line {
        match part {
            TemplatePart::Text(text) => out.push_str(text),
            TemplatePart::Var(name) => write!(out, "${name}").expect("a string takes all"),
            TemplatePart::Base64(text) => print::write_call("b64", text, &mut out),
        }
    }
    out
}

impl Template {
    /// The text of one line that has no holes.
    pub fn literal(text: &str) -> Template {
        Template {
            lines: vec![vec![TemplatePart::Text(text.to_owned())]],
        }
    }

    /// The names of its variables, each as often as it stands there.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.lines.iter().flatten().flat_map(|part| {
            let (name, text): (Option<&str>, Option<&Text>) = match part {
                TemplatePart::Text(_) => (None, None),
                TemplatePart::Var(name) => (Some(name), None),
                TemplatePart::Base64(text) => (None, Some(text)),
            };
            name.into_iter().chain(text.into_iter().flat_map(Text::variables))
        })
    }

    /// The bytes it stands for, without the LF that follows them on the wire.
    ///
    /// # Errors
    /// A variable in it has no value.
    pub fn fill(&self, variables: &Variables) -> Result<Vec<u8>, Unbound> {
        let mut filled = String::new();
        let mut position = Position::default();
        for (at, line) in self.lines.iter().enumerate() {
            if at > 0 {
                filled.push(' ');
                position.step(' ');
            }
            for part in line {
                fill_part(part, variables, &mut position, &mut filled)?;
            }
        }
        Ok(filled.into_bytes())
    }
}

fn fill_part(
    part: &TemplatePart,
    variables: &Variables,
    position: &mut Position,
    filled: &mut String,
) -> Result<(), Unbound> {
    match part {
        TemplatePart::Text(text) => {
            position.run(text);
            filled.push_str(text);
        }
        TemplatePart::Base64(text) => {
            filled.push('"');
            filled.push_str(&text.base64(variables)?);
            filled.push('"');
        }
        TemplatePart::Var(name) => {
            let value = lookup(name, variables)?;
            match position.quote {
                None => filled.push_str(&value.to_string()),
                Some(_) => filled.push_str(&inside_string(&characters(value))),
            }
        }
    }
    Ok(())
}

/// Characters as they stand between the quotes of a JSON string.
fn inside_string(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}
