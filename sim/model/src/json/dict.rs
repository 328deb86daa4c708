//! An object: members in the order they were put in, found by key, written in
//! the order of the reference agent's hash table.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hasher};

use super::Value;

/// A member's name. Names the program knows cost no allocation.
pub type Key = Cow<'static, [u8]>;

/// Up to this many members a search looks at each; beyond, there is an index.
const SEARCHED_MAX: usize = 16;

/// The number of buckets of the reference agent's hash table.
const BUCKETS: u32 = 512;

/// A JSON object.
///
/// Finding and adding a member takes logarithmic time, whoever chose the keys.
#[derive(Clone, Debug, Default)]
pub struct Dict {
    members: Vec<(Key, Value)>,
    /// Absent while there are few members.
    index: Option<Box<Index>>,
}

/// Hash and place of each member. It is ordered by the hash, so that keys made
/// to fall into one bucket do no harm.
#[derive(Clone, Debug)]
struct Index(BTreeSet<(u64, u32)>);

impl Dict {
    /// An object without members.
    pub const fn new() -> Dict {
        Dict {
            members: Vec::new(),
            index: None,
        }
    }

    /// The same with room for so many.
    pub(crate) fn with_room(members: usize) -> Dict {
        Dict {
            members: Vec::with_capacity(members),
            index: None,
        }
    }

    /// Adds a member, for building a reply in one expression.
    pub fn with(mut self, key: &'static str, value: impl Into<Value>) -> Dict {
        self.insert(key.as_bytes(), value);
        self
    }

    /// Adds a member if there is a value for it.
    pub fn with_some(self, key: &'static str, value: Option<impl Into<Value>>) -> Dict {
        match value {
            Some(value) => self.with(key, value),
            None => self,
        }
    }

    /// Puts a member in; one with the same key keeps its place and gets the new
    /// value. Says whether the key was there already.
    pub fn insert(&mut self, key: impl Into<Key>, value: impl Into<Value>) -> bool {
        let key = key.into();
        if let Some(place) = self.place(&key) {
            self.members[place].1 = value.into();
            return true;
        }
        self.members.push((key, value.into()));
        self.note_last();
        false
    }

    /// The value of a member.
    pub fn get(&self, key: impl AsRef<[u8]>) -> Option<&Value> {
        self.place(key.as_ref()).map(|place| &self.members[place].1)
    }

    /// Whether there is a member of that name.
    pub fn contains(&self, key: impl AsRef<[u8]>) -> bool {
        self.place(key.as_ref()).is_some()
    }

    /// Takes a member's value out and leaves `null` in its place, which costs
    /// nothing however many members there are.
    pub fn take(&mut self, key: impl AsRef<[u8]>) -> Option<Value> {
        let place = self.place(key.as_ref())?;
        Some(std::mem::replace(&mut self.members[place].1, Value::Null))
    }

    /// Keeps the members for which `keep` says so; it may change their values.
    pub fn retain(&mut self, mut keep: impl FnMut(&[u8], &mut Value) -> bool) {
        let before = self.members.len();
        self.members.retain_mut(|(key, value)| keep(key, value));
        if self.members.len() < before {
            self.index = None;
        }
    }

    /// How many members it has.
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// The members in the order they were put in.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &Value)> {
        self.members.iter().map(|(key, value)| (&**key, value))
    }

    /// The members in the order the reference agent walks and writes them:
    /// buckets upwards, the youngest of a bucket first.
    pub fn in_hash_order(&self) -> impl Iterator<Item = (&[u8], &Value)> {
        self.hash_order().into_iter().map(|place| {
            let (key, value) = &self.members[place];
            (&**key, value)
        })
    }

    fn hash_order(&self) -> Vec<usize> {
        if self.members.len() < 2 {
            return (0..self.members.len()).collect();
        }
        let mut order: Vec<(u32, std::cmp::Reverse<usize>)> = self
            .members
            .iter()
            .enumerate()
            .map(|(place, (key, _))| (bucket(key), std::cmp::Reverse(place)))
            .collect();
        order.sort_unstable();
        order.into_iter().map(|(_, place)| place.0).collect()
    }

    fn place(&self, key: &[u8]) -> Option<usize> {
        let Some(index) = &self.index else {
            return self.members.iter().position(|(known, _)| **known == *key);
        };
        let hash = index_hash(key);
        index
            .0
            .range((hash, 0)..=(hash, u32::MAX))
            .map(|(_, place)| *place as usize)
            .find(|place| *self.members[*place].0 == *key)
    }

    /// Enters the newest member into the index, and all before it when the
    /// index becomes worth having.
    fn note_last(&mut self) {
        let entry = |place: usize| (index_hash(&self.members[place].0), place as u32);
        let last = self.members.len() - 1;
        match &mut self.index {
            Some(index) => {
                index.0.insert(entry(last));
            }
            None if last < SEARCHED_MAX => {}
            None => self.index = Some(Box::new(Index((0..=last).map(entry).collect()))),
        }
    }
}

impl PartialEq for Dict {
    /// The same members in the same order.
    fn eq(&self, other: &Dict) -> bool {
        self.members == other.members
    }
}

impl IntoIterator for Dict {
    type Item = (Key, Value);
    type IntoIter = std::vec::IntoIter<(Key, Value)>;

    /// The members in the order they were put in.
    fn into_iter(self) -> Self::IntoIter {
        self.members.into_iter()
    }
}

impl FromIterator<(Key, Value)> for Dict {
    fn from_iter<I: IntoIterator<Item = (Key, Value)>>(members: I) -> Dict {
        let mut dict = Dict::new();
        for (key, value) in members {
            dict.insert(key, value);
        }
        dict
    }
}

/// A hash with fixed keys: the same program gives the same index.
fn index_hash(key: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(key);
    hasher.finish()
}

/// The bucket of a key in the reference agent's hash table.
fn bucket(key: &[u8]) -> u32 {
    let start = 0x238F_13AF_u32.wrapping_mul(key.len() as u32);
    let mixed = key.iter().enumerate().fold(start, |value, (at, byte)| {
        value.wrapping_add(u32::from(*byte) << (at * 5 % 24))
    });
    mixed.wrapping_mul(1_103_515_243).wrapping_add(12345) % BUCKETS
}
