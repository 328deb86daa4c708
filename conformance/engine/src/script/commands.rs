//! Which commands a script names, and so what it may do to the guest.

use super::{FieldKind, RecordKind, Script, TemplatePart};
use qga_fixtures::schema::{Command, Effect};
use std::collections::{BTreeMap, BTreeSet};

/// The variable that names the scratch folder of a script.
pub const SCRATCH: &str = "tmp";

impl Script {
    /// The commands of the schema whose names it sends in quotes, by name. A request
    /// that is sent in pieces counts as its pieces.
    pub fn commands(&self) -> BTreeMap<&'static str, &'static Command> {
        let sent = self.sent_text();
        let words = sent.split(['"', '\'']).filter_map(Command::find);
        words.map(|it| (it.name, it)).collect()
    }

    /// Whether it makes use of a scratch folder. No script can set the variable, so
    /// where it occurs it is the folder that the run gives.
    pub fn uses_scratch(&self) -> bool {
        super::print(self).contains(&format!("${SCRATCH}"))
    }

    /// Whether it has a program run that only POSIX systems have.
    pub fn runs_posix_programs(&self) -> bool {
        self.sent_text().contains("\"/bin/")
    }

    /// What it may do to the guest: what its header says, and what its commands do.
    pub fn effects(&self) -> BTreeSet<Effect> {
        let named = self.header.fields.iter().filter_map(|it| match it.kind {
            FieldKind::Effect(effect) => Some(effect),
            _ => None,
        });
        let commands = self.commands();
        let inferred = commands.values().map(|it| it.effect);
        named.chain(inferred).filter(|it| *it != Effect::None).collect()
    }

    fn sent_text(&self) -> String {
        let mut text = String::new();
        for record in &self.records {
            match &record.kind {
                RecordKind::Send(template) => {
                    let parts = template.lines.iter().flatten().filter_map(|it| match it {
                        TemplatePart::Text(text) => Some(text.as_str()),
                        TemplatePart::Var(_) | TemplatePart::Base64(_) => None,
                    });
                    text.extend(parts);
                    text.push('\n');
                }
                RecordKind::SendRaw(bytes) => text.push_str(&String::from_utf8_lossy(bytes)),
                _ => {}
            }
        }
        text
    }
}
