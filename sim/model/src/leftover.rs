//! Which of several unexpected arguments the agent names.
//!
//! The reference agent puts the given names into a GLib hash table, takes out
//! those it knows, and names the first that is left. Which one that is follows
//! from the table's layout, so the layout is reproduced: slots, probing,
//! tombstones and growth. Seen on agents from 2.7 on.

use crate::json::Dict;

/// Sizes start at two to this power.
const SHIFT_MIN: u32 = 3;
/// The largest prime below each power of two, by the power.
const PRIMES: [u32; 27] = [
    1, 2, 3, 7, 13, 31, 61, 127, 251, 509, 1021, 2039, 4093, 8191, 16381, 32749, 65521, 131_071, 262_139, 524_287,
    1_048_573, 2_097_143, 4_194_301, 8_388_593, 16_777_213, 33_554_393, 67_108_859,
];

/// The name that is reported out of all given ones when `taken` are known.
pub(crate) fn first<'d>(given: &'d Dict, taken: &[&[u8]]) -> Option<&'d [u8]> {
    if given.len() == taken.len() {
        return None;
    }
    let mut table = Table::new();
    for (name, _) in given.in_hash_order() {
        table.insert(name);
    }
    for name in taken {
        table.remove(name);
    }
    table.slots.iter().find_map(|slot| match slot {
        Slot::Used(_, name) => Some(*name),
        _ => None,
    })
}

#[derive(Clone, Copy)]
enum Slot<'d> {
    Unused,
    Removed,
    Used(u32, &'d [u8]),
}

struct Table<'d> {
    slots: Vec<Slot<'d>>,
    shift: u32,
    used: usize,
    /// Used or removed.
    occupied: usize,
}

impl<'d> Table<'d> {
    fn new() -> Table<'d> {
        Table {
            slots: vec![Slot::Unused; 1 << SHIFT_MIN],
            shift: SHIFT_MIN,
            used: 0,
            occupied: 0,
        }
    }

    fn home(&self, hash: u32) -> usize {
        (hash.wrapping_mul(11) % PRIMES[self.shift as usize]) as usize
    }

    /// The names are distinct and none is inserted after a removal, so the first
    /// free slot on the way is the one.
    fn insert(&mut self, name: &'d [u8]) {
        let hash = hash(name);
        let mut at = self.home(hash);
        let mut step = 0;
        while !matches!(self.slots[at], Slot::Unused) {
            step += 1;
            at = (at + step) & (self.slots.len() - 1);
        }
        self.slots[at] = Slot::Used(hash, name);
        self.used += 1;
        self.occupied += 1;
        self.maybe_resize();
    }

    fn remove(&mut self, name: &[u8]) {
        let hash = hash(name);
        let mut at = self.home(hash);
        let mut step = 0;
        loop {
            match self.slots[at] {
                Slot::Unused => return,
                Slot::Used(other, key) if other == hash && key == name => break,
                _ => {
                    step += 1;
                    at = (at + step) & (self.slots.len() - 1);
                }
            }
        }
        self.slots[at] = Slot::Removed;
        self.used -= 1;
        self.maybe_resize();
    }

    fn maybe_resize(&mut self) {
        let size = self.slots.len();
        if (size > self.used * 4 && size > 1 << SHIFT_MIN) || size <= self.occupied + self.occupied / 16 {
            self.resize();
        }
    }

    /// Every name moves to its place in the new size, in the order of the old
    /// slots; a name that sits in the way is moved on first.
    fn resize(&mut self) {
        let wanted = (self.used as f64 * 1.333) as usize;
        self.shift = (usize::BITS - wanted.leading_zeros()).max(SHIFT_MIN);
        let (old, size) = (self.slots.len(), 1 << self.shift);
        self.slots.resize(old.max(size), Slot::Unused);
        let mut settled = vec![false; old.max(size)];
        for index in 0..old {
            if !settled[index] {
                let slot = std::mem::replace(&mut self.slots[index], Slot::Unused);
                self.settle(slot, &mut settled, size);
            }
        }
        self.slots.truncate(size);
        self.occupied = self.used;
    }

    fn settle(&mut self, mut slot: Slot<'d>, settled: &mut [bool], size: usize) {
        while let Slot::Used(hash, _) = slot {
            let mut at = self.home(hash);
            let mut step = 0;
            while settled[at] {
                step += 1;
                at = (at + step) & (size - 1);
            }
            settled[at] = true;
            slot = std::mem::replace(&mut self.slots[at], slot);
        }
    }
}

/// GLib's string hash; the two values it reserves for free slots become 2.
fn hash(name: &[u8]) -> u32 {
    let step = |hash: u32, byte: &u8| {
        hash.wrapping_mul(33)
            .wrapping_add(i32::from(byte.cast_signed()).cast_unsigned())
    };
    name.iter().fold(5381, step).max(2)
}
