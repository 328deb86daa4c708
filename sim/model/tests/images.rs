//! The guest images that come with the simulator.

use qga_model::guest::Guest;
use qga_model::state_dir::MemoryStateDir;
use qga_model::{Agent, Config};

#[test]
fn every_image_builds_and_an_agent_starts_in_it() {
    let images = qga_fixtures::guests();
    assert!(images.iter().any(|(file, _)| *file == "default.toml"));
    for (file, text) in images {
        let guest = Guest::from_toml(file, text).unwrap_or_else(|error| panic!("{error}"));
        let newest = qga_fixtures::schema::RELEASES.last().expect("there are releases");
        let agent = Agent::new(Config::new(newest), guest, Box::new(MemoryStateDir::new()));
        assert!(agent.is_ok(), "{file}");
    }
}
