//! The programs that the lines of recordings call, as far as they call them.

use std::fmt::Write;

use qga_model::guest::errno::SysError;
use qga_model::guest::fs::Syscalls;
use qga_model::guest::fs::inode::Kind;

use super::Unknown;

/// What a program came to.
#[derive(Default)]
pub(super) struct Ended {
    pub(super) succeeded: bool,
    pub(super) output: Vec<u8>,
    pub(super) complaint: Vec<u8>,
}

impl Ended {
    fn well(output: Vec<u8>) -> Ended {
        Ended {
            succeeded: true,
            output,
            complaint: Vec::new(),
        }
    }

    /// Goes on with the rest and says in the end that something was wrong.
    fn complain(&mut self, program: &str, about: &str, error: SysError) {
        self.succeeded = false;
        let why = match error {
            SysError::Errno(errno) => errno.text(),
            SysError::Hangs(_) => "it would hang",
        };
        self.complaint
            .extend(format!("{program}: {about}: {why}\n").into_bytes());
    }
}

/// Runs a program by its name; no words at all succeed.
pub(super) fn run(sys: &mut Syscalls<'_>, words: &[Vec<u8>], input: &[u8]) -> Result<Ended, Unknown> {
    let Some((name, operands)) = words.split_first() else {
        return Ok(Ended::well(Vec::new()));
    };
    let name = String::from_utf8_lossy(name);
    if let Some(output) = on_text(&name, operands, input) {
        return Ok(Ended::well(output));
    }
    let texts: Vec<_> = operands.iter().map(|it| String::from_utf8_lossy(it)).collect();
    let texts: Vec<_> = texts.iter().map(AsRef::as_ref).collect();
    let ended = match (&*name, texts.as_slice()) {
        ("false", _) => Ok(Ended::default()),
        ("head", ["-c", count, paths @ ..]) => head(sys, count, paths, input),
        ("chmod", [mode, paths @ ..]) => chmod(sys, mode, paths),
        ("stat", ["-c", format, paths @ ..]) => stat(sys, format, paths),
        ("[", ["-e", path, "]"]) => Ok(exists(sys, path)),
        ("cat", paths) if plain(paths) => Ok(cat(sys, paths)),
        ("ls", []) => Ok(list(sys, &["."])),
        ("ls", paths) if plain(paths) => Ok(list(sys, paths)),
        (name, operands) => on_names(sys, name, operands),
    };
    ended.map_err(|NotKnown| Unknown(format!("a shell calls {name} {}", texts.join(" "))))
}

/// Programs that only make text.
fn on_text(name: &str, operands: &[Vec<u8>], input: &[u8]) -> Option<Vec<u8>> {
    match (name, operands) {
        (":" | "true", _) => Some(Vec::new()),
        ("printf", [format]) => Some(unescaped(format)),
        ("echo", words) if !words.first().is_some_and(|it| it.starts_with(b"-")) => {
            Some([words.join(&b' '), b"\n".to_vec()].concat())
        }
        ("cat", []) => Some(input.to_vec()),
        ("tr", [from, to]) if from == b"\\0" && to.len() == 1 => Some(replaced(input, to[0])),
        ("od", [address, kind]) if address == b"-An" && kind == b"-c" => Some(dump(input)),
        _ => None,
    }
}

/// Programs that make and remove names.
fn on_names(sys: &mut Syscalls<'_>, name: &str, operands: &[&str]) -> Result<Ended, NotKnown> {
    let options = operands.iter().take_while(|it| it.starts_with('-')).count();
    let (options, paths) = operands.split_at(options);
    Ok(match (name, options, paths) {
        ("touch", [], _) => each(paths, "touch: cannot touch", |path| touch(sys, path)),
        ("mkdir", ["-p"], _) => each(paths, "mkdir: cannot create directory", |path| make_all(sys, path)),
        ("mkdir", [], _) => each(paths, "mkdir: cannot create directory", |path| sys.mkdir(path, 0o777)),
        ("mkfifo", [], _) => each(paths, "mkfifo: cannot create fifo", |path| sys.mkfifo(path, 0o666)),
        ("ln", ["-s"], [target, path]) => each(&[path], "ln: failed to create symbolic link", |path| {
            sys.symlink(target.as_bytes(), path)
        }),
        ("ln", [], [target, path]) => each(&[path], "ln: failed to create hard link", |path| {
            sys.link(target.as_bytes(), path)
        }),
        ("rm", ["-f"], _) => each(paths, "rm: cannot remove", |path| forgiven(sys.unlink(path))),
        ("rm", ["-rf"], _) => each(paths, "rm: cannot remove", |path| forgiven(remove_all(sys, path))),
        ("rm", [], _) => each(paths, "rm: cannot remove", |path| sys.unlink(path)),
        ("rmdir", [], _) => each(paths, "rmdir: failed to remove", |path| sys.rmdir(path)),
        ("mv", [], [from, to]) => each(&[to], "mv: cannot move to", |path| sys.rename(from.as_bytes(), path)),
        _ => return Err(NotKnown),
    })
}

/// A program is called in a way that is not known.
struct NotKnown;

/// Whether no word is an option.
fn plain(words: &[&str]) -> bool {
    words.iter().all(|it| !it.starts_with('-'))
}

/// The text of a printf without conversions.
fn unescaped(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&first, tail)) = rest.split_first() {
        rest = tail;
        match (first, tail.first()) {
            (b'\\', Some(b'n')) => out.push(b'\n'),
            (b'\\', Some(b'r')) => out.push(b'\r'),
            (b'\\', Some(b't')) => out.push(b'\t'),
            (b'\\', Some(b'\\')) => out.push(b'\\'),
            (b'%', Some(b'%')) => out.push(b'%'),
            (b'\\', Some(b'0'..=b'7')) => {
                let digits = tail.iter().take(3).take_while(|it| (b'0'..=b'7').contains(it)).count();
                let value = tail[..digits]
                    .iter()
                    .fold(0_u32, |sum, it| sum * 8 + u32::from(it - b'0'));
                // What goes beyond a byte is lost, as in C.
                out.push(value as u8);
                rest = &tail[digits..];
                continue;
            }
            _ => {
                out.push(first);
                continue;
            }
        }
        rest = &tail[1..];
    }
    out
}

fn each(paths: &[&str], about: &str, mut act: impl FnMut(&[u8]) -> Result<(), SysError>) -> Ended {
    let mut ended = Ended::well(Vec::new());
    let (program, words) = about.split_once(": ").unwrap_or((about, ""));
    for path in paths {
        if let Err(error) = act(path.as_bytes()) {
            ended.complain(program, &format!("{words} '{path}'"), error);
        }
    }
    ended
}

fn cat(sys: &mut Syscalls<'_>, paths: &[&str]) -> Ended {
    let mut ended = Ended::well(Vec::new());
    for path in paths {
        match sys.read_file(path.as_bytes()) {
            Ok(bytes) => ended.output.extend(bytes),
            Err(error) => ended.complain("cat", path, error),
        }
    }
    ended
}

fn head(sys: &mut Syscalls<'_>, count: &str, paths: &[&str], input: &[u8]) -> Result<Ended, NotKnown> {
    let count = count.parse::<usize>().map_err(|_| NotKnown)?;
    match paths {
        [] => Ok(Ended::well(input[..input.len().min(count)].to_vec())),
        ["/dev/zero"] => Ok(Ended::well(vec![0; count])),
        _ => {
            let mut ended = cat(sys, paths);
            ended.output.truncate(count);
            Ok(ended)
        }
    }
}

fn replaced(input: &[u8], to: u8) -> Vec<u8> {
    input.iter().map(|byte| if *byte == 0 { to } else { *byte }).collect()
}

/// `od -An -c`: sixteen bytes a line, four characters each.
fn dump(input: &[u8]) -> Vec<u8> {
    let mut text = String::new();
    for line in input.chunks(16) {
        for byte in line {
            let _ = match byte {
                0 => write!(text, "  \\0"),
                b'\n' => write!(text, "  \\n"),
                b'\r' => write!(text, "  \\r"),
                b'\t' => write!(text, "  \\t"),
                b' '..=b'~' => write!(text, "   {}", char::from(*byte)),
                _ => write!(text, " {byte:03o}"),
            };
        }
        text.push('\n');
    }
    text.into_bytes()
}

fn touch(sys: &mut Syscalls<'_>, path: &[u8]) -> Result<(), SysError> {
    match sys.stat(path) {
        Ok(_) => Ok(()),
        Err(_) => sys.write_file_whole(path, b"", 0o666),
    }
}

fn make_all(sys: &mut Syscalls<'_>, path: &[u8]) -> Result<(), SysError> {
    let ends = (1..path.len()).filter(|at| path[*at] == b'/').chain([path.len()]);
    for end in ends {
        if sys.stat(&path[..end]).is_err() {
            sys.mkdir(&path[..end], 0o777)?;
        }
    }
    Ok(())
}

fn remove_all(sys: &mut Syscalls<'_>, path: &[u8]) -> Result<(), SysError> {
    if sys.lstat(path)?.kind != Kind::Folder {
        return sys.unlink(path);
    }
    for name in sys.list(path)? {
        remove_all(sys, &[path, b"/", &name].concat())?;
    }
    sys.rmdir(path)
}

/// `-f`: what is not there need not be removed.
fn forgiven(result: Result<(), SysError>) -> Result<(), SysError> {
    match result {
        Err(SysError::Errno(errno)) if errno.name() == "ENOENT" => Ok(()),
        other => other,
    }
}

fn chmod(sys: &mut Syscalls<'_>, mode: &str, paths: &[&str]) -> Result<Ended, NotKnown> {
    let mode = u16::from_str_radix(mode, 8).map_err(|_| NotKnown)?;
    Ok(each(paths, "chmod: cannot access", |path| sys.chmod(path, mode)))
}

/// Several folders would each get a heading, which no recording has.
fn list(sys: &mut Syscalls<'_>, paths: &[&str]) -> Ended {
    let mut ended = Ended::well(Vec::new());
    for path in paths {
        match sys.list(path.as_bytes()) {
            Ok(names) => {
                for name in names.iter().filter(|it| !it.starts_with(b".")) {
                    ended.output.extend([name, &b"\n"[..]].concat());
                }
            }
            Err(error) => ended.complain("ls", &format!("cannot access '{path}'"), error),
        }
    }
    ended
}

fn stat(sys: &mut Syscalls<'_>, format: &str, paths: &[&str]) -> Result<Ended, NotKnown> {
    let mut ended = Ended::well(Vec::new());
    for path in paths {
        match (sys.lstat(path.as_bytes()), format) {
            (Ok(stat), "%a") => ended.output.extend(format!("{:o}\n", stat.mode).into_bytes()),
            (Ok(stat), "%s") => ended.output.extend(format!("{}\n", stat.size).into_bytes()),
            (Ok(_), _) => return Err(NotKnown),
            (Err(error), _) => ended.complain("stat", &format!("cannot statx '{path}'"), error.into()),
        }
    }
    Ok(ended)
}

fn exists(sys: &mut Syscalls<'_>, path: &str) -> Ended {
    Ended {
        succeeded: sys.stat(path.as_bytes()).is_ok(),
        ..Ended::default()
    }
}
