//! Commands whose success is not answered.

use qga_fixtures::schema::Release;
use qga_model::agent::{Agent, ChannelId};
use qga_model::event::{Event, ShutdownMode};
use qga_model::guest::Guest;
use qga_model::state_dir::MemoryStateDir;
use qga_model::{Config, Time};

fn shut_down(release: &str) -> Agent {
    let config = Config::new(Release::find(release).expect("the test names a release"));
    let mut agent = Agent::new(config, Guest::default(), Box::new(MemoryStateDir::new())).expect("it starts");
    agent.handle_bytes(
        ChannelId::FIRST,
        Time::ZERO,
        b"{\"execute\": \"guest-shutdown\", \"arguments\": {\"mode\": \"halt\"}}\n",
    );
    agent
}

#[test]
fn releases_that_miss_the_reply_die_of_a_success_and_the_others_say_nothing() {
    for (release, dies) in [
        ("3.1", false),
        ("4.0", true),
        ("4.2", true),
        ("5.0", false),
        ("11.1", false),
    ] {
        let mut agent = shut_down(release);
        assert_eq!(
            agent.poll_event(),
            Some(Event::Shutdown(ShutdownMode::Halt)),
            "{release}"
        );
        assert_eq!(agent.death().is_some(), dies, "{release}");
        agent.handle_timeout(Time::ZERO + std::time::Duration::from_secs(60));
        assert_eq!(agent.poll_transmit(ChannelId::FIRST), None, "{release}");
    }
}
