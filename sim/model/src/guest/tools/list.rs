//! ls.

use super::mode::shown;
use super::options::Known;
use super::quote::quoted;
use super::stat::{blocks, group_name, user_name};
use super::time::Calendar;
use super::{Call, Made, Words, once, text};
use crate::guest::fs::inode::Kind;
use crate::guest::fs::io::Stat;

const KNOWN: Known = Known::letters("aAdl1hi")
    .names(&[("all", b'a'), ("almost-all", b'A'), ("directory", b'd')])
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
        let mut operands = options.operands;
        let several = operands.len() > 1;
        if operands.is_empty() {
            operands.push(b".".to_vec());
        }
        operands.sort();
        Listing {
            call,
            long,
            all,
            almost_all,
            status: 0,
        }
        .run(operands, as_such, several)
    })
}

struct Listing<'a, 'b, 'c> {
    call: &'a mut Call<'b, 'c>,
    long: bool,
    all: bool,
    almost_all: bool,
    status: u8,
}

/// A line of a listing: the name shown, and what it stands for.
type Entry = (Vec<u8>, Vec<u8>, Stat);

impl Listing<'_, '_, '_> {
    /// Files first, then folders with their contents.
    fn run(mut self, operands: Vec<Vec<u8>>, as_such: bool, several: bool) -> u8 {
        let (mut files, mut folders) = (Vec::new(), Vec::new());
        for path in operands {
            let follows = !self.long && !as_such;
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
        self.show(&files);
        let mut is_first = files.is_empty();
        for folder in folders {
            if several {
                self.call
                    .out
                    .print(&text![if is_first { "" } else { "\n" }, folder, ":\n"]);
            }
            is_first = false;
            self.folder(&folder);
        }
        self.status
    }

    fn folder(&mut self, path: &[u8]) {
        let names = match self.call.sys.calls(|sys| sys.list(path)) {
            Ok(names) => names,
            Err(error) => {
                let why = crate::guest::errno::Errno::from(error).text();
                self.status = TROUBLE;
                return self
                    .call
                    .complain(&text!["cannot open directory ", quoted(path), ": ", why]);
            }
        };
        let own: &[&[u8]] = if self.all { &[b".", b".."] } else { &[] };
        let hides = !self.all && !self.almost_all;
        let shown = names.into_iter().filter(|it| !hides || it.first() != Some(&b'.'));
        let names = own.iter().map(|it| it.to_vec()).chain(shown);
        let entries: Vec<Entry> = names.filter_map(|name| self.entry(path, name)).collect();
        if self.long {
            let total: u64 = entries.iter().map(|(_, _, stat)| blocks(stat) / 2).sum();
            self.call.out.print(format!("total {total}\n").as_bytes());
        }
        self.show(&entries);
    }

    fn entry(&mut self, folder: &[u8], name: Vec<u8>) -> Option<Entry> {
        let path = text![folder, "/", name];
        let stat = self.call.sys.calls(|sys| sys.lstat(&path)).ok()?;
        Some((name, path, stat))
    }

    fn show(&mut self, entries: &[Entry]) {
        if !self.long {
            entries
                .iter()
                .for_each(|(name, ..)| self.call.out.print(&text![name, "\n"]));
            return;
        }
        let rows: Vec<[String; 4]> = entries.iter().map(|(_, _, stat)| self.columns(stat)).collect();
        let width = |at: usize| rows.iter().map(|row| row[at].len()).max().unwrap_or(0);
        let widths = [width(0), width(1), width(2), width(3)];
        for ((name, path, stat), [links, owner, group, size]) in entries.iter().zip(&rows) {
            let [l, o, g, s] = widths;
            let columns = format!(" {links:>l$} {owner:<o$} {group:<g$} {size:>s$} {} ", self.date(stat));
            let target = match self.call.sys.calls(|sys| sys.readlink(path)) {
                Ok(target) => text![" -> ", target],
                Err(_) => Vec::new(),
            };
            self.call
                .out
                .print(&text![shown(stat.kind, stat.mode), columns, name, target, "\n"]);
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
