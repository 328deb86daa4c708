//! The values of an image for serde, whether they were found in its text just now or
//! when the program was built: one way to read both, and one set of complaints.

use std::fmt::Display;
use std::ops::Range;
use std::slice::Iter;

use qga_fixtures::guests::{ImageValue, ValueKind};
use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error as _, IntoDeserializer, MapAccess, SeqAccess, Visitor,
};
use serde::forward_to_deserialize_any;
use serde_spanned::de::{SpannedDeserializer, is_spanned};

use super::Problem;

/// Reads an image from its values and the strings among them.
pub(super) fn read<'de, T: Deserialize<'de>>(values: &'de [ImageValue], strings: &'de str) -> Result<T, Problem> {
    let mut values = Values {
        left: values.iter(),
        strings,
    };
    T::deserialize(&mut values).map_err(|it| Problem::of_message(it.span.unwrap_or(0..0), &it.message))
}

/// What serde complains of, and where: at the innermost value that is wrong.
#[derive(Debug)]
struct Error {
    message: String,
    span: Option<Range<usize>>,
}

impl Error {
    fn or_at(self, span: Range<usize>) -> Error {
        Error {
            span: self.span.or(Some(span)),
            ..self
        }
    }
}

impl Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

impl serde::de::Error for Error {
    fn custom<T: Display>(message: T) -> Error {
        Error {
            message: message.to_string(),
            span: None,
        }
    }
}

/// Gives out an image's values one after the other.
struct Values<'de> {
    left: Iter<'de, ImageValue>,
    strings: &'de str,
}

impl<'de> Values<'de> {
    fn next(&mut self) -> Result<ValueKind, Error> {
        let next = self.left.next().map(|it| it.kind);
        next.ok_or_else(|| Error::custom("the values of the image end too early"))
    }

    /// Where the next value stands.
    fn span(&self) -> Range<usize> {
        let next = self.left.as_slice().first();
        next.map_or(0..0, |it| it.begin as usize..it.end as usize)
    }

    fn string(&mut self, bytes: u32) -> &'de str {
        let (string, rest) = self.strings.split_at(bytes as usize);
        self.strings = rest;
        string
    }

    fn visit<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, Error> {
        match self.next()? {
            ValueKind::Bool(flag) => visitor.visit_bool(flag),
            ValueKind::Integer(number) => visitor.visit_i64(number),
            ValueKind::Float(number) => visitor.visit_f64(number),
            ValueKind::Text(bytes) => visitor.visit_borrowed_str(self.string(bytes)),
            ValueKind::List(left) => visitor.visit_seq(Parts { values: self, left }),
            ValueKind::Table(left) => visitor.visit_map(Parts { values: self, left }),
        }
    }

    fn visit_word<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, Error> {
        match self.next()? {
            ValueKind::Text(bytes) => visitor.visit_enum(self.string(bytes).into_deserializer()),
            _ => Err(Error::custom("this is no word, expected a string")),
        }
    }
}

impl<'de> Deserializer<'de> for &mut Values<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let span = self.span();
        self.visit(visitor).map_err(|it| it.or_at(span))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let span = self.span();
        visitor.visit_some(self).map_err(|it| it.or_at(span))
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        let span = self.span();
        visitor.visit_newtype_struct(self).map_err(|it| it.or_at(span))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        if !is_spanned(name) {
            return self.deserialize_any(visitor);
        }
        let span = self.span();
        visitor.visit_map(SpannedDeserializer::new(self, span))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let span = self.span();
        self.visit_word(visitor).map_err(|it| it.or_at(span))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        seq tuple tuple_struct map identifier ignored_any
    }
}

impl<'de> IntoDeserializer<'de, Error> for &mut Values<'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

/// What is in a list or a table.
struct Parts<'v, 'de> {
    values: &'v mut Values<'de>,
    left: u32,
}

impl<'de> Parts<'_, 'de> {
    /// The values at the next part; `None` behind the last.
    fn part(&mut self) -> Option<&mut Values<'de>> {
        self.left = self.left.checked_sub(1)?;
        Some(self.values)
    }
}

impl<'de> SeqAccess<'de> for Parts<'_, 'de> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Error> {
        self.part().map(|values| seed.deserialize(values)).transpose()
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.left as usize)
    }
}

impl<'de> MapAccess<'de> for Parts<'_, 'de> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        self.part().map(|values| seed.deserialize(values)).transpose()
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        seed.deserialize(&mut *self.values)
    }
}
