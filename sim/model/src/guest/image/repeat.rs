//! Sections that stand for many: `count = 2000` makes as many of them, numbered
//! from 0, with the number in the place of `{n}`.

use std::collections::BTreeMap;
use std::fmt::Display;

use toml::Spanned;

use super::Problem;

/// The most that one section may stand for.
pub(crate) const COUNT_MAX: u32 = 65_536;

/// A section that may stand for many.
pub(crate) trait Repeat: Clone {
    /// Takes the number out, where there is one.
    fn take_count(&mut self) -> Option<Spanned<u32>>;

    /// Makes this the `n`th of its kind.
    fn number(&mut self, n: u32);
}

/// Puts the number in the place of `{n}`.
pub(crate) fn put_number(text: &mut String, n: u32) {
    if text.contains("{n}") {
        *text = text.replace("{n}", &n.to_string());
    }
}

/// The same for a text whose place in the image is known.
pub(crate) fn put_number_at(text: &mut Spanned<String>, n: u32) {
    put_number(text.get_mut(), n);
}

/// Each section as often as it says.
pub(crate) fn expand<T: Repeat>(sections: Vec<T>) -> Result<Vec<T>, Problem> {
    let mut all = Vec::with_capacity(sections.len());
    for mut section in sections {
        let Some(count) = section.take_count() else {
            all.push(section);
            continue;
        };
        if *count.get_ref() > COUNT_MAX {
            let what = format!("{} is too many", count.get_ref());
            return Err(Problem::new(count.span(), what, format!("write {COUNT_MAX} or less")));
        }
        all.extend((0..*count.get_ref()).map(|n| {
            let mut one = section.clone();
            one.number(n);
            one
        }));
    }
    Ok(all)
}

/// Where each of these stands; a mistake if two are the same.
pub(crate) fn places<'a, K: Ord + Display + Clone + 'a>(
    what: &str,
    keys: impl Iterator<Item = &'a Spanned<K>>,
) -> Result<BTreeMap<K, usize>, Problem> {
    let mut places = BTreeMap::new();
    for (place, key) in keys.enumerate() {
        if places.insert(key.get_ref().clone(), place).is_some() {
            let twice = format!("there are two of {what} `{}`", key.get_ref());
            return Err(Problem::new(key.span(), twice, "remove one, or call it differently"));
        }
    }
    Ok(places)
}
