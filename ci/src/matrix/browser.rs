//! A headless Chromium, driven by its DevTools protocol over a pipe.

use std::env;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use serde_json::{Value, json};
use tempfile::TempDir;

/// The names under which it is installed.
const NAMES: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];
/// Nothing it does may leave this machine or stay on it.
const FLAGS: [&str; 9] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--remote-debugging-pipe",
];
/// Chromium reads commands from descriptor 3 and answers on 4.
const PIPES: &str = "exec \"$@\" 3<&0 4>&1 </dev/null >/dev/null 2>&1";
/// What ends a message.
const END: u8 = 0;
/// How long the browser may live: one that hangs must not stop the pipeline.
const LIFE_MAX: Duration = Duration::from_secs(180);

/// A browser with one page.
pub(super) struct Browser {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    session: Option<String>,
    last_id: u64,
    /// What happened in the page since it was opened.
    events: Vec<Value>,
    _profile: TempDir,
}

impl Browser {
    /// Starts one, if it is installed.
    pub(super) fn start() -> Result<Option<Browser>> {
        let Some(program) = installed() else { return Ok(None) };
        let profile = TempDir::new()?;
        let mut command = Command::new("sh");
        command.args(["-c", PIPES, "sh"]).arg(program).args(FLAGS);
        command
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .arg("about:blank");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).process_group(0);
        let mut child = command.spawn().context("cannot start the browser")?;
        let leader = leader(&child);
        // A browser that has gone already is nothing to end.
        thread::spawn(move || {
            thread::sleep(LIFE_MAX);
            let _ = killpg(leader, Signal::SIGKILL);
        });
        let input = child.stdin.take().context("the browser's input")?;
        let output = BufReader::new(child.stdout.take().context("the browser's output")?);
        let mut browser = Browser {
            child,
            input,
            output,
            session: None,
            last_id: 0,
            events: Vec::new(),
            _profile: profile,
        };
        browser.attach()?;
        Ok(Some(browser))
    }

    fn attach(&mut self) -> Result<()> {
        let target = self.call("Target.createTarget", json!({"url": "about:blank"}))?;
        let asked = json!({"targetId": target["targetId"], "flatten": true});
        let session = self.call("Target.attachToTarget", asked)?;
        self.session = session["sessionId"].as_str().map(str::to_owned);
        for domain in ["Page", "Runtime", "Network", "Log"] {
            self.call(&format!("{domain}.enable"), json!({}))?;
        }
        Ok(())
    }

    /// Sends a command and waits for its result.
    pub(super) fn call(&mut self, method: &str, parameters: Value) -> Result<Value> {
        self.last_id += 1;
        let id = self.last_id;
        let mut message = json!({"id": id, "method": method, "params": parameters});
        if let Some(session) = &self.session {
            message["sessionId"] = json!(session);
        }
        let mut bytes = message.to_string().into_bytes();
        bytes.push(END);
        self.input.write_all(&bytes)?;
        loop {
            let mut message = self.message()?;
            if message["id"] == id {
                if let Some(error) = message.get("error") {
                    bail!("{method}: {error}");
                }
                return Ok(message["result"].take());
            }
            self.events.push(message);
        }
    }

    fn message(&mut self) -> Result<Value> {
        let mut bytes = Vec::new();
        self.output.read_until(END, &mut bytes)?;
        if bytes.pop() != Some(END) {
            bail!("the browser ended, or took longer than {LIFE_MAX:?}");
        }
        Ok(serde_json::from_slice(&bytes)?)
    }

    /// Opens a page, forgets what happened before, and waits until it is there.
    pub(super) fn open(&mut self, page: &Path) -> Result<()> {
        self.events.clear();
        self.call("Page.navigate", json!({"url": format!("file://{}", page.display())}))?;
        while !self.events.iter().any(|it| it["method"] == "Page.loadEventFired") {
            let message = self.message()?;
            self.events.push(message);
        }
        Ok(())
    }

    /// The value of an expression in the page.
    pub(super) fn value(&mut self, expression: &str) -> Result<Value> {
        let asked = json!({"expression": expression, "returnByValue": true, "awaitPromise": true});
        let mut result = self.call("Runtime.evaluate", asked)?;
        if let Some(exception) = result.get("exceptionDetails") {
            bail!("{expression}: {exception}");
        }
        Ok(result["result"]["value"].take())
    }

    /// Clicks in the middle of the first element that a selector finds, as a mouse does.
    pub(super) fn click(&mut self, selector: &str) -> Result<()> {
        let place = self.value(&format!(
            "(() => {{ const it = document.querySelector({selector:?}); it.scrollIntoView({{block: 'center'}}); \
             const box = it.getBoundingClientRect(); return [box.x + box.width / 2, box.y + box.height / 2]; }})()"
        ))?;
        for kind in ["mousePressed", "mouseReleased"] {
            let event = json!({"type": kind, "x": place[0], "y": place[1], "button": "left", "clickCount": 1});
            self.call("Input.dispatchMouseEvent", event)?;
        }
        Ok(())
    }

    /// Types into what has the focus.
    pub(super) fn write(&mut self, text: &str) -> Result<()> {
        self.call("Input.insertText", json!({"text": text})).map(drop)
    }

    /// The size of the window in CSS pixels.
    pub(super) fn size(&mut self, width: u32, height: u32, phone: bool) -> Result<()> {
        let scale = if phone { 2 } else { 1 };
        let size = json!({"width": width, "height": height, "deviceScaleFactor": scale, "mobile": phone});
        self.call("Emulation.setDeviceMetricsOverride", size).map(drop)
    }

    /// What the system prefers: `light` or `dark`.
    pub(super) fn prefer(&mut self, scheme: &str) -> Result<()> {
        let media = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        self.call("Emulation.setEmulatedMedia", media).map(drop)
    }

    /// A picture of what is seen.
    pub(super) fn shoot(&mut self, path: &Path) -> Result<()> {
        let shot = self.call("Page.captureScreenshot", json!({"format": "png"}))?;
        let bytes = BASE64_STANDARD.decode(shot["data"].as_str().context("a picture")?)?;
        fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
    }

    /// What the page complained of since it was opened.
    pub(super) fn complaints(&self) -> Vec<String> {
        let is_complaint = |it: &&Value| match it["method"].as_str() {
            Some("Runtime.exceptionThrown") => true,
            Some("Log.entryAdded") => it["params"]["entry"]["level"] == "error",
            Some("Runtime.consoleAPICalled") => it["params"]["type"] == "error",
            _ => false,
        };
        self.events
            .iter()
            .filter(is_complaint)
            .map(|it| it["params"].to_string())
            .collect()
    }

    /// What the page asked for since it was opened, by address.
    pub(super) fn requests(&self) -> Vec<String> {
        let sent = self
            .events
            .iter()
            .filter(|it| it["method"] == "Network.requestWillBeSent");
        sent.filter_map(|it| it["params"]["request"]["url"].as_str().map(str::to_owned))
            .collect()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = killpg(leader(&self.child), Signal::SIGKILL);
        let _ = self.child.wait();
    }
}

fn leader(child: &Child) -> Pid {
    Pid::from_raw(i32::try_from(child.id()).unwrap_or(i32::MAX))
}

fn installed() -> Option<PathBuf> {
    let folders = env::var_os("PATH").unwrap_or_default();
    let mut programs = env::split_paths(&folders).flat_map(|folder| NAMES.map(|it| folder.join(it)));
    programs.find(|it| it.is_file())
}
