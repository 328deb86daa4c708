//! What an agent says about itself, asked once before the scripts.

use crate::exchange::{Exchange, Resync, Unanswered};
use crate::link::Link;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;

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
        let info = exchange
            .ask(&json!({"execute": "guest-info"}))
            .await
            .unwrap_or(Value::Null);
        let mut facts = Facts::of_info(&info["return"]);
        facts.resync = resync;
        facts.offers_what_it_did();
        facts
    }

    /// Whether the agent has nothing to freeze, as in many containers: it lists no
    /// filesystem, and a freeze of all comes to none and leaves them thawed.
    pub async fn finds_nothing_to_freeze(&self, exchange: &mut Exchange<'_>) -> bool {
        let offers = |name| self.offered.as_ref().is_none_or(|it| it.contains(name));
        if !offers("guest-fsfreeze-freeze") {
            return false;
        }
        let listed = exchange.returned("guest-get-fsinfo", json!({})).await;
        if listed.is_some_and(|it| it.as_array().is_some_and(|it| !it.is_empty())) {
            return false;
        }
        let frozen = exchange.returned("guest-fsfreeze-freeze", json!({})).await;
        let status = exchange.returned("guest-fsfreeze-status", json!({})).await;
        exchange.returned("guest-fsfreeze-thaw", json!({})).await;
        frozen == Some(json!(0)) && status == Some(json!("thawed"))
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
