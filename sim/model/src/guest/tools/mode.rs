//! Permissions as people write them.

use super::text;
use crate::guest::fs::inode::Kind;

/// Permission bits there are.
const BITS: u16 = 0o7777;

/// The permissions that a mode such as `644` or `u+x,go-w` makes of others.
pub(crate) fn changed(mode: &[u8], before: u16, is_folder: bool, umask: u16) -> Option<u16> {
    if !mode.is_empty() && mode.iter().all(|it| (b'0'..=b'7').contains(it)) {
        let octal = std::str::from_utf8(mode).ok()?;
        return u16::from_str_radix(octal, 8).ok().filter(|it| *it <= BITS);
    }
    mode.split(|it| *it == b',')
        .try_fold(before, |mode, clause| changed_by(clause, mode, is_folder, umask))
}

/// One clause: who, and then any number of changes.
fn changed_by(clause: &[u8], before: u16, is_folder: bool, umask: u16) -> Option<u16> {
    let end = clause.iter().position(|it| b"+-=".contains(it))?;
    let (who, mut rest) = clause.split_at(end);
    let classes = who.iter().try_fold(0, |classes, it| {
        Some(
            classes
                | match it {
                    b'u' => 0o4700,
                    b'g' => 0o2070,
                    b'o' => 0o1007,
                    b'a' => 0o7777,
                    _ => return None,
                },
        )
    })?;
    let classes = if who.is_empty() { BITS & !umask } else { classes };
    let mut mode = before;
    while let Some((operator, after)) = rest.split_first() {
        let end = after.iter().position(|it| b"+-=".contains(it)).unwrap_or(after.len());
        let (letters, next) = after.split_at(end);
        let bits = bits(letters, mode, is_folder)? & classes;
        mode = match operator {
            b'+' => mode | bits,
            b'-' => mode & !bits,
            _ => mode & !(classes & 0o777) | bits,
        };
        rest = next;
    }
    Some(mode)
}

fn bits(letters: &[u8], before: u16, is_folder: bool) -> Option<u16> {
    letters.iter().try_fold(0, |bits, letter| {
        Some(
            bits | match letter {
                b'r' => 0o444,
                b'w' => 0o222,
                b'x' => 0o111,
                b'X' if is_folder || before & 0o111 != 0 => 0o111,
                b'X' => 0,
                b's' => 0o6000,
                b't' => 0o1000,
                b'u' => spread(before >> 6),
                b'g' => spread(before >> 3),
                b'o' => spread(before),
                _ => return None,
            },
        )
    })
}

/// The bits of one class, for all.
fn spread(bits: u16) -> u16 {
    let bits = bits & 7;
    bits << 6 | bits << 3 | bits
}

/// Kind and permissions, such as `-rw-r--r--`.
pub(crate) fn shown(kind: Kind, mode: u16) -> Vec<u8> {
    let class = |shift: u16, special: u16, letters: [char; 2]| {
        let bits = mode >> shift;
        let x = match (bits & 1 != 0, mode & special != 0) {
            (true, false) => 'x',
            (false, false) => '-',
            (true, true) => letters[0],
            (false, true) => letters[1],
        };
        format!(
            "{}{}{x}",
            if bits & 4 != 0 { 'r' } else { '-' },
            if bits & 2 != 0 { 'w' } else { '-' }
        )
    };
    let (user, group) = (class(6, 0o4000, ['s', 'S']), class(3, 0o2000, ['s', 'S']));
    text![[letter(kind)], user, group, class(0, 0o1000, ['t', 'T'])]
}

fn letter(kind: Kind) -> u8 {
    match kind {
        Kind::File => b'-',
        Kind::Folder => b'd',
        Kind::Link => b'l',
        Kind::Device => b'c',
        Kind::Fifo => b'p',
        Kind::Socket => b's',
    }
}

/// The bits by which the kernel tells the kinds apart.
pub(crate) fn kind_bits(kind: Kind) -> u32 {
    match kind {
        Kind::Fifo => 0o010_000,
        Kind::Device => 0o020_000,
        Kind::Folder => 0o040_000,
        Kind::File => 0o100_000,
        Kind::Link => 0o120_000,
        Kind::Socket => 0o140_000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_change_permissions() {
        for (mode, before, after) in [
            ("644", 0o777, Some(0o644)),
            ("4755", 0, Some(0o4755)),
            ("u+x", 0o644, Some(0o744)),
            ("+x", 0o644, Some(0o755)),
            ("go-rwx", 0o755, Some(0o700)),
            ("a=r", 0o777, Some(0o444)),
            ("u=rw,go=r", 0o777, Some(0o644)),
            ("g=u", 0o640, Some(0o660)),
            ("u+s", 0o755, Some(0o4755)),
            ("+t", 0o777, Some(0o1777)),
            ("u+x-w", 0o600, Some(0o500)),
            ("X", 0o644, None),
            ("9", 0, None),
            ("77777", 0, None),
            ("", 0, None),
        ] {
            assert_eq!(changed(mode.as_bytes(), before, false, 0o022), after, "{mode}");
        }
    }

    #[test]
    fn permissions_are_shown_with_their_kind() {
        for (kind, mode, expected) in [
            (Kind::File, 0o644, "-rw-r--r--"),
            (Kind::Folder, 0o1777, "drwxrwxrwt"),
            (Kind::File, 0o4755, "-rwsr-xr-x"),
            (Kind::Fifo, 0o6600, "prwS--S---"),
        ] {
            assert_eq!(shown(kind, mode), expected.as_bytes());
        }
    }
}
