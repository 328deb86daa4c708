//! What an agent says about itself, asked once before the scripts.

use crate::exchange::{Exchange, Resync, Unanswered, is_unknown};
use crate::link::Link;
use qga_fixtures::schema::{COMMANDS, Command, Effect, Member};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;

const FREEZE: &str = "guest-fsfreeze-freeze";

/// What is known of an agent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Its version, if it says one.
    pub version: Option<String>,
    /// The commands it offers and has enabled, if it says so.
    pub offered: Option<BTreeSet<String>>,
    /// All that it lists, enabled or not.
    pub listed: Option<BTreeSet<String>>,
    /// How it is brought back in step; `None` if nothing does.
    pub resync: Option<Resync>,
    /// Why it answers nothing, if so.
    pub silence: Option<Unanswered>,
    /// Whether it was seen to have no filesystem that it could freeze.
    pub freezes_nothing: bool,
}

impl Facts {
    /// Asks an agent.
    pub async fn ask(link: &mut Link, patience: Duration) -> Facts {
        let mut exchange = Exchange::new(link, patience);
        let (resync, silence) = match exchange.resync(Resync::Delimited).await {
            Ok(()) => (Some(Resync::Delimited), None),
            Err(_) => match exchange.resync(Resync::Sync).await {
                Ok(()) => (Some(Resync::Sync), None),
                Err(why) => (None, Some(why)),
            },
        };
        if silence.is_some() {
            return Facts {
                silence,
                ..Facts::default()
            };
        }
        let info = exchange.ask(&json!({"execute": "guest-info"})).await;
        let has_no_info = info.as_ref().is_ok_and(is_unknown);
        let mut facts = Facts::of_info(&info.unwrap_or(Value::Null)["return"]);
        facts.resync = resync;
        if has_no_info {
            facts.offered = Some(answering(&mut exchange).await);
        } else {
            facts.offers_what_it_did();
        }
        facts
    }

    /// Finds out whether the agent has nothing to freeze, as in many containers: it lists
    /// no filesystem, and a freeze of all comes to none and leaves them thawed. One that
    /// lists no commands may also turn out not to know this one.
    pub async fn try_to_freeze(&mut self, exchange: &mut Exchange<'_>) {
        if self.offered.as_ref().is_some_and(|it| !it.contains(FREEZE)) {
            return;
        }
        let filesystems = exchange.returned("guest-get-fsinfo", json!({})).await;
        let has_some = filesystems.is_some_and(|it| it.as_array().is_some_and(|it| !it.is_empty()));
        if has_some && self.listed.is_some() {
            return;
        }
        let frozen = exchange.ask(&json!({"execute": FREEZE})).await.unwrap_or_default();
        let status = exchange.returned("guest-fsfreeze-status", json!({})).await;
        exchange.returned("guest-fsfreeze-thaw", json!({})).await;
        self.freezes_nothing = !has_some && frozen["return"] == 0 && status == Some(json!("thawed"));
        if let Some(offered) = self.offered.as_mut().filter(|_| is_unknown(&frozen)) {
            offered.remove(FREEZE);
        }
    }

    /// A command that has answered is there, whether the list has it or not: that it
    /// is not listed must not keep the scripts away that find it.
    fn offers_what_it_did(&mut self) {
        let Some(offered) = &mut self.offered else { return };
        let resync = match self.resync {
            Some(Resync::Delimited) => Some("guest-sync-delimited"),
            Some(Resync::Sync) => Some("guest-sync"),
            None => None,
        };
        offered.extend(["guest-info"].into_iter().chain(resync).map(str::to_owned));
    }

    /// What the reply to guest-info tells. Members that are not as they should be
    /// tell nothing: that they are wrong is for the scripts to find.
    fn of_info(info: &Value) -> Facts {
        Facts {
            version: info["version"].as_str().map(str::to_owned),
            offered: info["supported_commands"].as_array().map(|it| enabled(it)),
            listed: info["supported_commands"]
                .as_array()
                .map(|it| it.iter().filter_map(name).collect()),
            ..Facts::default()
        }
    }
}

/// The commands of an agent without guest-info: all but those that it says it does not
/// know. Only what does nothing by itself is asked, or cannot without its arguments.
/// Once one is not answered, the rest is taken to be there; what ends the machine is not,
/// for that cannot be found out.
async fn answering(exchange: &mut Exchange<'_>) -> BTreeSet<String> {
    let others = COMMANDS
        .iter()
        .filter(|it| it.name != "guest-info" && it.effect != Effect::Power);
    let mut offered: BTreeSet<String> = others.clone().map(|it| it.name.to_owned()).collect();
    let does_nothing = |it: &&Command| it.effect == Effect::None || it.arguments.iter().any(is_required);
    for command in others.filter(does_nothing) {
        match exchange.ask(&json!({"execute": command.name})).await {
            Ok(reply) if is_unknown(&reply) => drop(offered.remove(command.name)),
            Ok(_) => {}
            Err(_) => break,
        }
    }
    offered
}

fn is_required(argument: &Member) -> bool {
    argument.optional_since.is_none()
}

/// The commands of the list that are enabled; early releases give names alone.
fn enabled(commands: &[Value]) -> BTreeSet<String> {
    let is_enabled = |it: &&Value| it["enabled"] != Value::Bool(false);
    commands.iter().filter(is_enabled).filter_map(name).collect()
}

fn name(command: &Value) -> Option<String> {
    command.as_str().or(command["name"].as_str()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[test]
    fn what_has_answered_is_offered() {
        let mut facts = Facts::of_info(&json!({"supported_commands": []}));
        facts.resync = Some(Resync::Sync);
        facts.offers_what_it_did();
        let names = ["guest-info", "guest-sync"].map(str::to_owned);
        assert_eq!(facts.offered, Some(BTreeSet::from(names)));
    }

    #[rstest]
    #[case::listed(json!({"version": "7.2.22", "supported_commands": [
        {"name": "guest-ping", "enabled": true}, {"name": "guest-exec", "enabled": false}]}),
        Some("7.2.22"), Some("guest-ping"))]
    #[case::names_alone(json!({"version": "1.0", "supported_commands": ["guest-ping"]}), Some("1.0"), Some("guest-ping"))]
    #[case::no_list(json!({"version": "1.0"}), Some("1.0"), None)]
    #[case::nonsense(json!({"version": 7, "supported_commands": "all"}), None, None)]
    #[case::no_object(json!(null), None, None)]
    fn guest_info_is_read(#[case] info: Value, #[case] version: Option<&str>, #[case] offered: Option<&str>) {
        let facts = Facts::of_info(&info);
        assert_eq!(facts.version.as_deref(), version);
        assert_eq!(facts.offered, offered.map(|it| BTreeSet::from([it.to_owned()])));
    }
}
