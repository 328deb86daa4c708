//! The guest images that come with the simulator.

use qga_fixtures::guests::{GUESTS, GuestImage};
use qga_model::guest::Guest;
use qga_model::state_dir::MemoryStateDir;
use qga_model::{Agent, Config};

#[test]
fn every_image_builds_and_an_agent_starts_in_it() {
    assert!(GUESTS.iter().any(|it| it.file == "default.toml"));
    for GuestImage { file, text, .. } in GUESTS {
        let guest = Guest::from_toml(file, text).unwrap_or_else(|error| panic!("{error}"));
        let newest = qga_fixtures::schema::RELEASES.last().expect("there are releases");
        let agent = Agent::new(Config::new(newest), guest, Box::new(MemoryStateDir::new()));
        assert!(agent.is_ok(), "{file}");
    }
}

#[test]
fn what_was_read_at_build_time_is_what_the_text_says() {
    for GuestImage { file, text, .. } in GUESTS {
        let name = file.strip_suffix(".toml").expect("images are TOML");
        let prebuilt = Guest::named(name).unwrap_or_else(|| panic!("{file} is not built"));
        let read = Guest::from_toml(file, text).unwrap_or_else(|error| panic!("{error}"));
        assert!(format!("{prebuilt:?}") == format!("{read:?}"), "{file} differs");
    }
    assert!(Guest::named("nobody").is_none());
}
