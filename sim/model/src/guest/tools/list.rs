//! ls.

use super::calendar::Calendar;
use super::mode::shown;
use super::options::Known;
use super::quote::quoted;
use super::stat::{blocks, group_name, user_name};
use super::{Call, Made, Words, once, text};
use std::collections::VecDeque;

use crate::guest::fs::inode::Kind;
use crate::guest::fs::io::Stat;

const KNOWN: Known = Known::letters("aAdl1hirtSFpRs")
    .names(&[
        ("all", b'a'),
        ("almost-all", b'A'),
        ("directory", b'd'),
        ("reverse", b'r'),
        ("inode", b'i'),
        ("size", b's'),
        ("recursive", b'R'),
    ])
    .wrong(2);

/// The status of what cannot be listed, if it was named.
const TROUBLE: u8 = 2;

pub(super) fn ls(words: Words) -> Made {
    words.options(KNOWN)?;
    once(words, |call, arguments| {
        let words = Words {
            name: Vec::new(),
            arguments: arguments.to_vec(),
        };
        let options = words.options(KNOWN).unwrap_or_default();
        let [all, almost_all, long, as_such] = [b'a', b'A', b'l', b'd'].map(|it| options.has(it));
        let looks = Looks {
            long,
            all,
            almost_all,
            recursive: options.has(b'R') && !as_such,
            inodes: options.has(b'i'),
            sizes: options.has(b's'),
            marks: match (options.has(b'F'), options.has(b'p')) {
                (true, _) => Marks::Kinds,
                (_, true) => Marks::Folders,
                _ => Marks::None,
            },
            order: match (options.has(b't'), options.has(b'S')) {
                (true, _) => Order::Time,
                (_, true) => Order::Size,
                _ => Order::Name,
            },
            reverse: options.has(b'r'),
        };
        let mut operands = options.operands;
        let several = operands.len() > 1 || looks.recursive;
        if operands.is_empty() {
            operands.push(b".".to_vec());
        }
        operands.sort();
        Listing { call, looks, status: 0 }.run(operands, as_such, several)
    })
}

struct Listing<'a, 'b, 'c> {
    call: &'a mut Call<'b, 'c>,
    looks: Looks,
    status: u8,
}

/// What is listed, and how.
#[derive(Clone, Copy, Debug)]
struct Looks {
    long: bool,
    all: bool,
    almost_all: bool,
    recursive: bool,
    inodes: bool,
    /// Kibibytes before each name.
    sizes: bool,
    marks: Marks,
    order: Order,
    reverse: bool,
}

/// What stands behind names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Marks {
    None,
    Folders,
    Kinds,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    Name,
    /// The latest first.
    Time,
    /// The largest first.
    Size,
}

/// How deep folders within folders are listed, and how many at most.
const FOLDERS_MAX: usize = 10_000;

/// A line of a listing: the name shown, and what it stands for.
type Entry = (Vec<u8>, Vec<u8>, Stat);

impl Listing<'_, '_, '_> {
    /// Files first, then folders with their contents.
    fn run(mut self, operands: Vec<Vec<u8>>, as_such: bool, several: bool) -> u8 {
        let (mut files, mut folders) = (Vec::new(), Vec::new());
        for path in operands {
            let follows = !self.looks.long && !as_such;
            match self
                .call
                .sys
                .calls(|sys| if follows { sys.stat(&path) } else { sys.lstat(&path) })
            {
                Ok(stat) if stat.kind == Kind::Folder && !as_such => folders.push(path),
                Ok(stat) => files.push((path.clone(), path, stat)),
                Err(errno) => {
                    self.status = TROUBLE;
                    self.call
                        .complain(&text!["cannot access ", quoted(&path), ": ", errno.text()]);
                }
            }
        }
        self.in_order(&mut files);
        self.show(&files);
        let mut is_first = files.is_empty();
        if self.looks.reverse {
            folders.reverse();
        }
        let mut folders = VecDeque::from(folders);
        let mut listed = 0;
        while let Some(folder) = folders.pop_front().filter(|_| listed < FOLDERS_MAX) {
            listed += 1;
            if several {
                self.call
                    .out
                    .print(&text![if is_first { "" } else { "\n" }, folder, ":\n"]);
            }
            is_first = false;
            for inner in self.folder(&folder).into_iter().rev() {
                folders.push_front(inner);
            }
        }
        self.status
    }

    /// Lists a folder, and gives the folders in it that are to be listed too.
    fn folder(&mut self, path: &[u8]) -> Vec<Vec<u8>> {
        let names = match self.call.sys.calls(|sys| sys.list(path)) {
            Ok(names) => names,
            Err(error) => {
                let why = crate::guest::errno::Errno::from(error).text();
                self.status = TROUBLE;
                self.call
                    .complain(&text!["cannot open directory ", quoted(path), ": ", why]);
                return Vec::new();
            }
        };
        let own: &[&[u8]] = if self.looks.all { &[b".", b".."] } else { &[] };
        let hides = !self.looks.all && !self.looks.almost_all;
        let shown = names.into_iter().filter(|it| !hides || it.first() != Some(&b'.'));
        let names = own.iter().map(|it| it.to_vec()).chain(shown);
        let mut entries: Vec<Entry> = names.filter_map(|name| self.entry(path, name)).collect();
        self.in_order(&mut entries);
        if self.looks.long || self.looks.sizes {
            let total: u64 = entries.iter().map(|(_, _, stat)| blocks(stat) / 2).sum();
            self.call.out.print(format!("total {total}\n").as_bytes());
        }
        self.show(&entries);
        let is_inner = |(name, _, stat): &&Entry| {
            self.looks.recursive && stat.kind == Kind::Folder && name != b"." && name != b".."
        };
        entries
            .iter()
            .filter(is_inner)
            .map(|(_, path, _)| path.clone())
            .collect()
    }

    fn in_order(&self, entries: &mut [Entry]) {
        match self.looks.order {
            Order::Name => {}
            Order::Time => entries.sort_by_key(|(_, _, stat)| std::cmp::Reverse(stat.modified)),
            Order::Size => entries.sort_by_key(|(_, _, stat)| std::cmp::Reverse(stat.size)),
        }
        if self.looks.reverse {
            entries.reverse();
        }
    }

    /// What stands before each name: number and size, as wide as the widest.
    fn before(&self, entries: &[Entry]) -> Vec<String> {
        let number = |stat: &Stat| stat.inode.0.to_string();
        let size = |stat: &Stat| (blocks(stat) / 2).to_string();
        let widest =
            |of: &dyn Fn(&Stat) -> String| entries.iter().map(|(_, _, stat)| of(stat).len()).max().unwrap_or(0);
        let (number_width, size_width) = (widest(&number), widest(&size));
        let line = |(_, _, stat): &Entry| {
            let mut before = String::new();
            if self.looks.inodes {
                before += &format!("{:>number_width$} ", number(stat));
            }
            if self.looks.sizes {
                before += &format!("{:>size_width$} ", size(stat));
            }
            before
        };
        entries.iter().map(line).collect()
    }

    fn mark(&self, stat: &Stat) -> &'static str {
        match (self.looks.marks, stat.kind) {
            (Marks::None, _) => "",
            (_, Kind::Folder) => "/",
            (Marks::Kinds, Kind::Link) if !self.looks.long => "@",
            (Marks::Kinds, Kind::Fifo) => "|",
            (Marks::Kinds, Kind::Socket) => "=",
            (Marks::Kinds, Kind::File) if stat.mode & 0o111 != 0 => "*",
            _ => "",
        }
    }

    fn entry(&mut self, folder: &[u8], name: Vec<u8>) -> Option<Entry> {
        let path = text![folder, "/", name];
        let stat = self.call.sys.calls(|sys| sys.lstat(&path)).ok()?;
        Some((name, path, stat))
    }

    fn show(&mut self, entries: &[Entry]) {
        if !self.looks.long {
            for ((name, _, stat), before) in entries.iter().zip(self.before(entries)) {
                self.call.out.print(&text![before, name, self.mark(stat), "\n"]);
            }
            return;
        }
        let rows: Vec<[String; 4]> = entries.iter().map(|(_, _, stat)| self.columns(stat)).collect();
        let width = |at: usize| rows.iter().map(|row| row[at].len()).max().unwrap_or(0);
        let widths = [width(0), width(1), width(2), width(3)];
        let before = self.before(entries);
        for (((name, path, stat), [links, owner, group, size]), before) in entries.iter().zip(&rows).zip(before) {
            let [l, o, g, s] = widths;
            let columns = format!(" {links:>l$} {owner:<o$} {group:<g$} {size:>s$} {} ", self.date(stat));
            let target = match self.call.sys.calls(|sys| sys.readlink(path)) {
                Ok(target) => text![" -> ", target],
                Err(_) => Vec::new(),
            };
            self.call.out.print(&text![
                before,
                shown(stat.kind, stat.mode),
                columns,
                name,
                self.mark(stat),
                target,
                "\n"
            ]);
        }
    }

    fn columns(&self, stat: &Stat) -> [String; 4] {
        let accounts = &self.call.sys.guest.accounts;
        let text = |name: Vec<u8>| String::from_utf8_lossy(&name).into_owned();
        [
            stat.links.to_string(),
            text(user_name(accounts, stat.uid)),
            text(group_name(accounts, stat.gid)),
            stat.size.to_string(),
        ]
    }

    /// Recent times with the hour, others with the year.
    fn date(&self, stat: &Stat) -> String {
        const HALF_A_YEAR: i64 = 15_778_476;
        let (now, clock) = (self.call.sys.guest.fs.clock(), &self.call.sys.guest.clock);
        let age = (now - stat.modified).div_euclid(1_000_000_000);
        let format: &[u8] = if (0..HALF_A_YEAR).contains(&age) {
            b"%b %e %H:%M"
        } else {
            b"%b %e  %Y"
        };
        let date = Calendar::at(stat.modified, &clock.zone, clock.zone_offset).filled(format);
        String::from_utf8_lossy(&date).into_owned()
    }
}
