//! The values of an image in its text, laid out as those that are read when the
//! program is built.

use std::ops::Range;

use qga_fixtures::guests::{ImageValue, ValueKind};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::Problem;

/// What an image says, without what it means.
#[derive(Default)]
pub(super) struct Values {
    /// The values, in the order of [`qga_fixtures::guests::GuestImage`].
    pub(super) list: Vec<ImageValue>,
    /// The strings among them.
    pub(super) strings: String,
}

impl Values {
    /// The values of a text.
    pub(super) fn of(text: &str) -> Result<Values, Problem> {
        let mistake = |error: toml::de::Error| Problem::of_message(error.span().unwrap_or(0..0), error.message());
        let image = DeTable::parse(text).map_err(mistake)?;
        let mut values = Values::default();
        values.table(image.span(), image.get_ref())?;
        Ok(values)
    }

    fn table(&mut self, span: Range<usize>, table: &DeTable<'_>) -> Result<(), Problem> {
        self.put(span, ValueKind::Table(short(table.len())));
        table.iter().try_for_each(|(key, value)| {
            self.text(key.span(), key.get_ref());
            self.value(value)
        })
    }

    fn value(&mut self, value: &Spanned<DeValue<'_>>) -> Result<(), Problem> {
        let span = value.span();
        let kind = match value.get_ref() {
            DeValue::String(text) => {
                self.text(span, text);
                return Ok(());
            }
            DeValue::Table(table) => return self.table(span, table),
            DeValue::Array(elements) => {
                self.put(span, ValueKind::List(short(elements.len())));
                return elements.iter().try_for_each(|it| self.value(it));
            }
            DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
                Ok(number) => ValueKind::Integer(number),
                Err(_) => return Err(Problem::new(span, "this integer is too large", "write one of 64 bits")),
            },
            DeValue::Float(number) => match number.as_str().parse() {
                Ok(number) => ValueKind::Float(number),
                Err(_) => return Err(Problem::new(span, "this number cannot be read", "write it with digits")),
            },
            DeValue::Boolean(flag) => ValueKind::Bool(*flag),
            DeValue::Datetime(_) => return Err(Problem::new(span, "no image has dates", "write a number or a string")),
        };
        self.put(span, kind);
        Ok(())
    }

    fn text(&mut self, span: Range<usize>, text: &str) {
        self.put(span, ValueKind::Text(short(text.len())));
        self.strings.push_str(text);
    }

    fn put(&mut self, span: Range<usize>, kind: ValueKind) {
        self.list.push(ImageValue {
            begin: short(span.start),
            end: short(span.end),
            kind,
        });
    }
}

/// Nothing in a text is longer than the text.
fn short(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
