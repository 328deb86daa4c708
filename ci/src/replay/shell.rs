//! The few words of shell that recordings use to lay files and to look at them,
//! run on the guest's own files.
//!
//! A line that says more than this shell knows is not guessed at: the session
//! counts as not replayable.

mod line;
mod programs;

use qga_model::guest::Guest;
use qga_model::guest::accounts::Credentials;
use qga_model::guest::errno::SysError;
use qga_model::guest::fs::Syscalls;
use qga_model::guest::fs::task::Descriptors;

use self::line::{Command, Join, Pipeline, Redirect};

/// Why a line was not run: what this shell does not know.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unknown(pub(super) String);

/// Runs lines as the superuser in `folder`; gives what they print, both streams
/// together. Paths below `root` are the guest's own.
pub(super) fn run(guest: &mut Guest, folder: &str, root: &str, lines: &str) -> Result<Vec<u8>, Unknown> {
    let pipelines = line::parse(lines)?;
    let mut task = guest
        .fs
        .new_task(Credentials::default(), 0o022, Descriptors::new(3, 64));
    let mut sys = guest.fs.calls(&mut task);
    let result = match sys.chdir(folder.as_bytes()) {
        Ok(()) => Shell {
            sys,
            root,
            printed: Vec::new(),
        }
        .run(&pipelines),
        Err(_) => Err(Unknown(format!("there is no folder {folder}"))),
    };
    guest.end_task(task);
    result
}

struct Shell<'a> {
    sys: Syscalls<'a>,
    root: &'a str,
    printed: Vec<u8>,
}

impl Shell<'_> {
    fn run(mut self, pipelines: &[(Join, Pipeline)]) -> Result<Vec<u8>, Unknown> {
        let mut succeeded = true;
        for (join, pipeline) in pipelines {
            let wanted = match join {
                Join::Always => true,
                Join::IfSucceeded => succeeded,
                Join::IfFailed => !succeeded,
            };
            if wanted {
                succeeded = self.pipeline(pipeline)?;
            }
        }
        Ok(self.printed)
    }

    /// The status of the last command is the pipeline's.
    fn pipeline(&mut self, pipeline: &Pipeline) -> Result<bool, Unknown> {
        let mut input = Vec::new();
        let mut succeeded = true;
        for command in &pipeline.commands {
            (succeeded, input) = self.command(command, input)?;
        }
        self.printed.extend(input);
        Ok(succeeded)
    }

    /// Runs a command; its output is what its redirects leave of it.
    fn command(&mut self, command: &Command, mut input: Vec<u8>) -> Result<(bool, Vec<u8>), Unknown> {
        let words: Vec<_> = command.words.iter().map(|it| self.within(it)).collect();
        let mut target = None;
        for redirect in &command.redirects {
            match redirect {
                Redirect::Text(text) => input.clone_from(text),
                Redirect::To { path, append } => target = Some((self.within(path), *append)),
            }
        }
        let mut result = programs::run(&mut self.sys, &words, &input)?;
        if let Some((path, append)) = target {
            let text = std::mem::take(&mut result.output);
            result.succeeded &= self.write(&path, append, &text).is_ok();
        }
        self.printed.extend(result.complaint);
        Ok((result.succeeded, result.output))
    }

    /// A path of the private root as the guest has it.
    fn within(&self, word: &[u8]) -> Vec<u8> {
        match word.strip_prefix(self.root.as_bytes()) {
            Some(rest) if rest.starts_with(b"/") => rest.to_vec(),
            _ => word.to_vec(),
        }
    }

    fn write(&mut self, path: &[u8], append: bool, text: &[u8]) -> Result<(), SysError> {
        let mut content = Vec::new();
        if append {
            content = self.sys.read_file(path).unwrap_or_default();
        }
        content.extend_from_slice(text);
        self.sys.write_file_whole(path, &content, 0o666)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(lines: &str) -> Result<String, Unknown> {
        let mut guest = Guest::default();
        run(&mut guest, "/tmp", "/private", lines).map(|it| String::from_utf8(it).unwrap())
    }

    #[test]
    fn files_are_laid_and_looked_at() {
        let cases = [
            ("printf abc > a; cat a", "abc"),
            ("printf abc > a; printf more >> a; cat a", "abcmore"),
            ("printf '\\000\\377\\n' > a; cat a | od -An -c", "  \\0 377  \\n\n"),
            ("printf abc > a; chmod 640 a; stat -c %a a; stat -c %s a", "640\n3\n"),
            (
                "cat a; stat -c %a a",
                "cat: a: No such file or directory\nstat: cannot statx 'a': No such file or directory\n",
            ),
            ("mkdir d; touch d/b d/a; ls d", "a\nb\n"),
            (
                "mkdir -p x/y; mkdir -p x/y; ls x; rm -rf x; ls x",
                "y\nls: cannot access 'x': No such file or directory\n",
            ),
            ("head -c 5 /dev/zero | tr \"\\0\" A > a; cat a", "AAAAA"),
            ("cat > a <<'EOF'\none $x\ntwo\nEOF\ncat a", "one $x\ntwo\n"),
            ("[ -e a ] || printf no; touch a; [ -e a ] && printf yes", "noyes"),
            ("touch a; rm a; ls", ""),
            (": > a; stat -c %s a", "0\n"),
            ("ln -s a b; printf x > b; cat a", "x"),
            ("mkdir -p /private/etc; printf t > /private/etc/t; cat /etc/t", "t"),
            ("echo \"$1\" and '$2'", " and $2\n"),
        ];
        for (lines, expected) in cases {
            assert_eq!(printed(lines).as_deref(), Ok(expected), "{lines}");
        }
    }

    #[test]
    fn what_the_shell_does_not_know_is_named() {
        for lines in [
            "python3 -c 1",
            "cat `ls`",
            "if true; then ls; fi",
            "ls -la",
            "echo $(ls)",
            "cat 'a",
        ] {
            assert!(printed(lines).is_err(), "{lines}");
        }
    }
}
