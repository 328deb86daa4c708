//! What commands that describe the machine answer, to the byte, as running agents did.

use qga_fixtures::schema::Release;
use qga_model::guest::Guest;
use qga_model::state_dir::MemoryStateDir;
use qga_model::time::Time;
use qga_model::{Agent, ChannelId, Config};

/// An agent of a release in the machine of an image.
fn agent(release: &str, image: &str) -> Agent {
    let guest = Guest::from_toml("image.toml", image).unwrap_or_else(|error| panic!("{error}"));
    let release = Release::find(release).expect("the test names a release");
    Agent::new(Config::new(release), guest, Box::new(MemoryStateDir::new())).expect("it starts")
}

/// What answers a request, without the line feed; `None` for a dead agent.
fn ask(agent: &mut Agent, request: &str) -> Option<String> {
    agent.handle_bytes(ChannelId::FIRST, Time::ZERO, request.as_bytes());
    let bytes = agent.poll_transmit(ChannelId::FIRST).unwrap_or_default();
    let reply = String::from_utf8(bytes).expect("it is text");
    agent.death().is_none().then(|| reply.trim_end().to_owned())
}

/// The request for a command: its name, and its arguments behind a blank.
fn request(line: &str) -> String {
    match line.split_once(' ') {
        Some((command, arguments)) => format!(r#"{{"execute": "{command}", "arguments": {arguments}}}"#),
        None => format!(r#"{{"execute": "{line}"}}"#),
    }
}

const MACHINE: &str = include_str!("getters/machine.toml");
const BARE: &str = "[[mount]]\nat = \"/\"\n";

fn error(desc: &str) -> String {
    format!(r#"{{"error": {{"class": "GenericError", "desc": "{desc}"}}}}"#)
}

/// For each release, each command and its reply on a machine that is as new.
fn check(image: &str, cases: &[(&[&str], &str, String)]) {
    for (releases, command, reply) in cases {
        for release in *releases {
            let answer = ask(&mut agent(release, image), &request(command));
            assert_eq!(answer.as_deref(), Some(&reply[..]), "{command} of {release}");
        }
    }
}

/// The recorded bytes behind `{"return": `.
fn returns(text: &str) -> String {
    format!(r#"{{"return": {text}}}"#)
}

#[test]
fn interfaces_are_told_as_recorded() {
    let old = r#"[{"name": "lo", "ip-addresses": [{"ip-address-type": "ipv4", "ip-address": "127.0.0.1", "prefix": 8}, {"ip-address-type": "ipv6", "ip-address": "::1", "prefix": 128}], "hardware-address": "00:00:00:00:00:00"}, {"name": "ifb0", "hardware-address": "aa:8c:a4:93:2e:f1"}, {"name": "eth0", "ip-addresses": [{"ip-address-type": "ipv4", "ip-address": "10.0.2.15", "prefix": 24}, {"ip-address-type": "ipv6", "ip-address": "fec0::5054:ff:fe12:3456", "prefix": 64}], "hardware-address": "52:54:00:12:34:56"}]"#;
    let new = r#"[{"name": "lo", "ip-addresses": [{"ip-address-type": "ipv4", "ip-address": "127.0.0.1", "prefix": 8}, {"ip-address-type": "ipv6", "ip-address": "::1", "prefix": 128}], "statistics": {"tx-packets": 0, "tx-errs": 0, "rx-bytes": 0, "rx-dropped": 0, "rx-packets": 0, "rx-errs": 0, "tx-bytes": 0, "tx-dropped": 0}, "hardware-address": "00:00:00:00:00:00"}, {"name": "ifb0", "hardware-address": "aa:8c:a4:93:2e:f1"}, {"name": "eth0", "ip-addresses": [{"ip-address-type": "ipv4", "ip-address": "10.0.2.15", "prefix": 24}, {"ip-address-type": "ipv6", "ip-address": "fec0::5054:ff:fe12:3456", "prefix": 64}], "statistics": {"tx-packets": 9, "tx-errs": 0, "rx-bytes": 110, "rx-dropped": 0, "rx-packets": 1, "rx-errs": 0, "tx-bytes": 858, "tx-dropped": 0}, "hardware-address": "52:54:00:12:34:56"}]"#;
    let command = "guest-network-get-interfaces";
    check(
        MACHINE,
        &[
            (&["1.1", "1.5", "2.10"], command, returns(old)),
            (&["2.12", "5.2", "11.1"], command, returns(new)),
        ],
    );
    check(BARE, &[(&["1.1", "11.1"], command, returns("[]"))]);
}

#[test]
fn routes_are_told_as_recorded() {
    let routes = r#"[{"flags": 3, "metric": 0, "refcnt": 0, "window": 0, "version": 4, "iface": "eth0", "destination": "0.0.0.0", "irtt": 0, "gateway": "192.0.2.1", "use": 0, "mtu": 0, "mask": "0.0.0.0"}, {"flags": 1, "metric": 0, "refcnt": 0, "window": 0, "version": 4, "iface": "eth0", "destination": "10.0.2.0", "irtt": 0, "gateway": "0.0.0.0", "use": 0, "mtu": 0, "mask": "255.255.255.0"}, {"flags": 4521987, "source": "::", "metric": 1024, "refcnt": 1, "version": 6, "nexthop": "fe80::2", "iface": "eth0", "destination": "::", "desprefixlen": "0", "srcprefixlen": "0", "use": 0}, {"flags": 18446744071564165121, "source": "::", "metric": 0, "refcnt": 2, "version": 6, "nexthop": "::", "iface": "lo", "destination": "::1", "desprefixlen": "128", "srcprefixlen": "0", "use": 0}, {"flags": 2097664, "source": "::", "metric": -1, "refcnt": 1, "version": 6, "nexthop": "::", "iface": "lo", "destination": "::", "desprefixlen": "0", "srcprefixlen": "0", "use": 0}]"#;
    check(
        MACHINE,
        &[(&["10.0", "11.1"], "guest-network-get-route", returns(routes))],
    );
}

#[test]
fn filesystems_are_told_as_recorded() {
    let disk = |name: &str, slot: u32, dev: &str| {
        format!(
            r#""disk": [{{"bus-type": "virtio", "bus": 0, "unit": 0, "pci-controller": {{"bus": 0, "slot": {slot}, "domain": 0, "function": 0}}, {dev}"target": 0}}], {name}"#
        )
    };
    let sized = |privileged: &str| {
        let (a, b) = (r#""dev": "/dev/vda", "#, r#""dev": "/dev/vdb", "#);
        let rest = r#""type": "ext4"}"#;
        format!(
            r#"[{{"name": "vdb", "total-bytes": 52685824, {privileged}"mountpoint": "/mnt/b", {}{rest}, {{"name": "vda", "total-bytes": 52685824, {privileged}"mountpoint": "/mnt/a", {}{rest}]"#,
            disk(r#""used-bytes": 16384, "#, 3, b),
            disk(r#""used-bytes": 15360, "#, 2, a)
        )
    };
    let bare = format!(
        r#"[{{"name": "vdb", "mountpoint": "/mnt/b", {}"type": "ext4"}}, {{"name": "vda", "mountpoint": "/mnt/a", {}"type": "ext4"}}]"#,
        disk("", 3, ""),
        disk("", 2, "")
    );
    let command = "guest-get-fsinfo";
    check(
        MACHINE,
        &[
            (&["2.2", "2.12"], command, returns(&bare)),
            (&["5.2", "7.2"], command, returns(&sized(""))),
            (
                &["10.0", "11.1"],
                command,
                returns(&sized(r#""total-bytes-privileged": 57381888, "#)),
            ),
        ],
    );
    check(BARE, &[(&["2.12", "11.1"], command, returns("[]"))]);
}

#[test]
fn disks_are_told_as_recorded() {
    let disks = r#"[{"name": "/dev/vda", "dependencies": [], "partition": false, "address": {"bus-type": "virtio", "bus": 0, "unit": 0, "pci-controller": {"bus": 0, "slot": 2, "domain": 0, "function": 0}, "dev": "/dev/vda", "target": 0}}, {"name": "/dev/vdb", "dependencies": [], "partition": false, "address": {"bus-type": "virtio", "bus": 0, "unit": 0, "pci-controller": {"bus": 0, "slot": 3, "domain": 0, "function": 0}, "dev": "/dev/vdb", "target": 0}}]"#;
    let command = "guest-get-disks";
    check(MACHINE, &[(&["5.2", "7.2", "11.1"], command, returns(disks))]);
    check(BARE, &[(&["7.2", "11.1"], command, returns("[]"))]);
    let unnamed = r#"{"name": "loop0", "stats": {"write-ios": 0, "weight-ticks": 0, "read-ios": 0, "write-sectors": 0, "write-merges": 0, "write-ticks": 0, "ios-pgr": 0, "read-sectors": 0, "read-merges": 0, "total-ticks": 0, "read-ticks": 0}, "minor": 0, "major": 7}"#;
    let statistics = r#"{"name": "vda", "stats": {"discard-sectors": 218044, "write-ios": 338, "discard-ios": 44, "discard-ticks": 39, "weight-ticks": 868, "read-ios": 14, "flush-ios": 106, "write-sectors": 82752, "write-merges": 135, "write-ticks": 722, "ios-pgr": 0, "read-sectors": 34, "read-merges": 0, "total-ticks": 716, "discard-merges": 0, "flush-ticks": 31, "read-ticks": 74}, "minor": 0, "major": 254}"#;
    let told = ask(&mut agent("7.2", MACHINE), &request("guest-get-diskstats")).expect("it lives");
    assert!(told.starts_with(&format!(r#"{{"return": [{statistics}, "#)), "{told}");
    assert!(told.ends_with(&format!("{unnamed}]}}")), "{told}");
}

#[test]
fn layers_partitions_and_health_are_told() {
    let image = r#"
        [[mount]]
        at = "/"
        device = "/dev/mapper/vg-root"
        type = "ext4"
        [[disk]]
        name = "/dev/nvme0n1"
        address = { type = "nvme", pci = [0, 0, 5, 0], serial = "S 1" }
        health = { temperature = 310, power-cycles = 7 }
        [[disk.partition]]
        name = "/dev/nvme0n1p1"
        [[disk]]
        name = "/dev/dm-0"
        alias = "vg-root"
        made-of = ["/dev/nvme0n1p1"]
    "#;
    let value = |release, command| -> serde_json::Value {
        let reply = ask(&mut agent(release, image), &request(command)).expect("it lives");
        serde_json::from_str::<serde_json::Value>(&reply).expect("it is JSON")["return"].clone()
    };
    let root = &value("11.1", "guest-get-fsinfo")[0];
    assert_eq!(
        (&root["name"], &root["disk"][0]["dev"]),
        (&"dm-0".into(), &"/dev/nvme0n1p1".into())
    );
    assert_eq!(root["disk"][0]["serial"], "S 1");
    assert_eq!(value("5.2", "guest-get-fsinfo")[0]["disk"], serde_json::json!([]));
    let disks = value("7.2", "guest-get-disks");
    assert_eq!(
        disks[0],
        serde_json::json!({"name": "/dev/nvme0n1p1", "partition": true, "dependencies": ["/dev/nvme0n1"]})
    );
    assert_eq!(
        (&disks[1]["smart"]["type"], &disks[1]["smart"]["power-cycles-lo"]),
        (&"nvme".into(), &7.into())
    );
    assert_eq!(
        disks[2],
        serde_json::json!({
            "name": "/dev/dm-0", "partition": false, "dependencies": ["/dev/nvme0n1p1"], "alias": "vg-root"
        })
    );
    assert!(value("5.2", "guest-get-disks")[1].get("smart").is_none());
}

#[test]
fn processors_are_told_as_recorded() {
    let rising = r#"[{"online": true, "can-offline": false, "logical-id": 0}, {"online": true, "can-offline": true, "logical-id": 1}]"#;
    let listed = r#"[{"online": true, "can-offline": true, "logical-id": 1}, {"online": true, "can-offline": false, "logical-id": 0}]"#;
    let times = r#"[{"cpu": 0, "guestnice": 0, "idle": 803090, "steal": 760, "iowait": 4050, "system": 206980, "guest": 0, "nice": 138010, "irq": 0, "type": "linux", "user": 386970, "softirq": 360}, {"cpu": 1, "guestnice": 0, "idle": 735790, "steal": 770, "iowait": 8800, "system": 242060, "guest": 0, "nice": 139870, "irq": 0, "type": "linux", "user": 410480, "softirq": 2870}]"#;
    check(
        MACHINE,
        &[
            (&["1.5", "5.2"], "guest-get-vcpus", returns(rising)),
            (&["7.2", "10.0", "11.1"], "guest-get-vcpus", returns(listed)),
            (&["7.2", "11.1"], "guest-get-cpustats", returns(times)),
        ],
    );
    let missing = r#"open(\"/sys/devices/system/cpu/cpu0/\"): No such file or directory"#;
    let unlisted = "failed to list entries: /sys/devices/system/cpu: No such file or directory";
    check(
        BARE,
        &[
            (&["1.5", "2.12"], "guest-get-vcpus", error(missing)),
            (&["7.2", "10.0", "11.1"], "guest-get-vcpus", error(unlisted)),
        ],
    );
    assert_eq!(ask(&mut agent("5.2", BARE), &request("guest-get-vcpus")), None);
}

/// Commands in turn on one machine, each with its reply.
fn converse(release: &str, image: &str, turns: &[(&str, String)]) {
    let mut agent = agent(release, image);
    for (command, reply) in turns {
        let answer = ask(&mut agent, &request(command));
        assert_eq!(answer.as_deref(), Some(&reply[..]), "{command} of {release}");
    }
}

#[test]
fn a_processor_that_is_taken_off_is_off_for_all() {
    let vcpus = |first: bool| {
        returns(&format!(
            r#"[{{"online": {first}, "can-offline": true, "logical-id": 1}}, {{"online": true, "can-offline": false, "logical-id": 0}}]"#
        ))
    };
    converse(
        "7.2",
        MACHINE,
        &[
            (
                r#"guest-set-vcpus {"vcpus": [{"logical-id": 1, "online": false}]}"#,
                returns("1"),
            ),
            ("guest-get-vcpus", vcpus(false)),
            (
                r#"guest-set-vcpus {"vcpus": [{"logical-id": 1, "online": true}, {"logical-id": 0, "online": false}]}"#,
                returns("1"),
            ),
            ("guest-get-vcpus", vcpus(true)),
            (
                r#"guest-set-vcpus {"vcpus": [{"logical-id": 0, "online": false}]}"#,
                error("logical processor #0 can't be offlined"),
            ),
            (
                r#"guest-set-vcpus {"vcpus": [{"logical-id": 0, "online": true}]}"#,
                returns("1"),
            ),
            (
                r#"guest-set-vcpus {"vcpus": [{"logical-id": 9, "online": true}]}"#,
                error(r#"open(\"/sys/devices/system/cpu/cpu9/\"): No such file or directory"#),
            ),
            (r#"guest-set-vcpus {"vcpus": []}"#, returns("0")),
            (
                r#"guest-set-vcpus {"vcpus": [{"logical-id": 1, "online": true}, {"logical-id": 9, "online": true}]}"#,
                returns("1"),
            ),
        ],
    );
    converse(
        "11.1",
        MACHINE,
        &[(
            r#"guest-set-vcpus {"vcpus": [{"logical-id": 99, "online": true}]}"#,
            error("Could not open '/sys/devices/system/cpu/cpu99/': No such file or directory"),
        )],
    );
    let mut agent = agent("11.1", MACHINE);
    ask(
        &mut agent,
        &request(r#"guest-set-vcpus {"vcpus": [{"logical-id": 1, "online": false}]}"#),
    );
    let told = ask(&mut agent, &request("guest-get-cpustats")).expect("it lives");
    assert_eq!(told.matches("\"cpu\"").count(), 1, "{told}");
}

#[test]
fn memory_blocks_are_told_and_taken_off_as_recorded() {
    let blocks = |online: bool| {
        returns(&format!(
            r#"[{{"online": true, "can-offline": true, "phys-index": 3}}, {{"online": {online}, "can-offline": true, "phys-index": 1}}, {{"online": true, "can-offline": true, "phys-index": 2}}, {{"online": true, "can-offline": true, "phys-index": 0}}]"#
        ))
    };
    let set = |index: &str, online: bool| {
        format!(r#"guest-set-memory-blocks {{"mem-blks": [{{"phys-index": {index}, "online": {online}}}]}}"#)
    };
    let turns = [
        ("guest-get-memory-blocks".to_owned(), blocks(true)),
        (
            "guest-get-memory-block-info".to_owned(),
            returns(r#"{"size": 134217728}"#),
        ),
        (
            set("3", false),
            returns(r#"[{"response": "operation-failed", "error-code": 22, "phys-index": 3}]"#),
        ),
        (set("3", true), returns(r#"[{"response": "success", "phys-index": 3}]"#)),
        (
            set("99", false),
            returns(r#"[{"response": "not-found", "error-code": 2, "phys-index": 99}]"#),
        ),
        (
            set("1", false),
            returns(r#"[{"response": "success", "phys-index": 1}]"#),
        ),
        ("guest-get-memory-blocks".to_owned(), blocks(false)),
    ];
    for release in ["2.3", "7.2", "11.1"] {
        let turns: Vec<(&str, String)> = turns.iter().map(|(line, reply)| (&line[..], reply.clone())).collect();
        converse(release, MACHINE, &turns);
    }
    let unlisted = r#"open(\"/sys/devices/system/memory/\"): No such file or directory"#;
    let unsupported =
        r#"[{"response": "operation-not-supported", "error-code": 2, "phys-index": 18446744073709551615}]"#;
    let minus_one = set("-1", true);
    check(
        BARE,
        &[
            (&["2.12", "5.2", "11.1"], "guest-get-memory-blocks", returns("[]")),
            (&["2.12", "7.2", "11.1"], "guest-get-memory-block-info", error(unlisted)),
            (&["5.2", "11.1"], &minus_one, returns(unsupported)),
            (
                &["5.2", "11.1"],
                r#"guest-set-memory-blocks {"mem-blks": []}"#,
                returns("[]"),
            ),
        ],
    );
}

#[test]
fn filesystems_are_trimmed_once() {
    let trimmed = |b: u64, a: u64| {
        returns(&format!(
            r#"{{"paths": [{{"minimum": 0, "path": "/mnt/b", "trimmed": {b}}}, {{"minimum": 0, "path": "/mnt/a", "trimmed": {a}}}]}}"#
        ))
    };
    let failed = r#"{"paths": [{"path": "/mnt/b", "error": "failed to trim: Invalid argument"}, {"path": "/mnt/a", "error": "failed to trim: Invalid argument"}]}"#;
    for release in ["2.4", "5.2", "7.2", "11.1"] {
        converse(
            release,
            MACHINE,
            &[
                ("guest-fstrim", trimmed(7_077_888, 15_308_800)),
                (r#"guest-fstrim {"minimum": 0}"#, trimmed(0, 0)),
                (r#"guest-fstrim {"minimum": 1099511627776}"#, returns(failed)),
                (r#"guest-fstrim {"minimum": -1}"#, returns(failed)),
            ],
        );
    }
    let failing = [
        (
            "1.2",
            "Guest agent command failed, error was 'failed to FITRIM /mnt/a, Invalid argument'",
        ),
        ("1.5", "failed to FITRIM /mnt/a: Invalid argument"),
    ];
    for (release, text) in failing {
        converse(
            release,
            MACHINE,
            &[
                ("guest-fstrim", returns("{}")),
                (r#"guest-fstrim {"minimum": -1}"#, error(text)),
            ],
        );
    }
    check(BARE, &[(&["5.2", "11.1"], "guest-fstrim", returns(r#"{"paths": []}"#))]);
    let fixed = "[[mount]]\nat = \"/\"\ndevice = \"/dev/sr0\"\ntype = \"iso9660\"\n";
    let unsupported = r#"{"paths": [{"path": "/", "error": "trim not supported"}]}"#;
    check(fixed, &[(&["2.4", "11.1"], "guest-fstrim", returns(unsupported))]);
}

#[test]
fn an_image_that_contradicts_itself_is_refused() {
    for (text, what) in [
        (
            "[[route]]\ninterface = \"eth9\"\ndestination = \"::/0\"",
            "there is no interface `eth9`",
        ),
        (
            "[[interface]]\nname = \"a\"\n[[route]]\ninterface = \"a\"\ndestination = \"::/0\"\ngateway = \"192.0.2.1\"",
            "192.0.2.1 is of another version than the destination",
        ),
        (
            "[[interface]]\nname = \"a\"\n[[interface]]\nname = \"a\"",
            "there are two of interface `a`",
        ),
        (
            "[[processor]]\nnumber = 0\ncount = 2\n[[processor]]\nnumber = 1",
            "there are two of processor `1`",
        ),
        ("[[memory-block]]\nindex = 0\ncount = 70000", "70000 is too many"),
        (
            "[[disk]]\nname = \"/dev/dm-0\"\nmade-of = [\"/dev/sda\"]",
            "there is no disk or partition `/dev/sda`",
        ),
        (
            "[[interface]]\nname = \"a\"\naddresses = [\"192.0.2.1/33\"]",
            "`192.0.2.1/33` is no address",
        ),
    ] {
        let image = format!("{BARE}{text}\n");
        let error = Guest::from_toml("image.toml", &image).expect_err(what);
        assert_eq!((&error.what[..], error.line > 2), (what, true), "{error}");
    }
}

/// A machine that comes with the simulator, and what it returns, as JSON.
fn value(release: &str, image: &str, command: &str) -> serde_json::Value {
    let guest = Guest::named(image).expect("an image of that name");
    let release = Release::find(release).expect("the test names a release");
    let store = Box::new(MemoryStateDir::new());
    let mut agent = Agent::new(Config::new(release), guest, store).expect("it starts");
    let reply = ask(&mut agent, &request(command)).expect("it lives");
    serde_json::from_str::<serde_json::Value>(&reply).unwrap_or_else(|_| panic!("{reply}"))["return"].clone()
}

#[test]
fn a_windows_machine_tells_of_drives_and_drivers() {
    let value = |command| value("11.1", "windows", command);
    let volume = r"\\?\Volume{1b4f3b2e-0000-0000-0000-100000000000}\";
    let data = &value("guest-get-fsinfo")[0];
    assert_eq!((&data["name"], &data["mountpoint"]), (&volume.into(), &r"D:\".into()));
    assert_eq!(data["disk"][0]["dev"], r"\\.\PhysicalDrive0");
    let stays = serde_json::json!({"logical-id": 1, "online": true, "can-offline": false});
    assert_eq!(value("guest-get-vcpus")[1], stays);
    assert_eq!(
        value("guest-fstrim"),
        serde_json::json!({"paths": [{"path": r"D:\"}, {"path": r"C:\"}]})
    );
    assert_eq!(value("guest-fsfreeze-freeze"), 2);
    let drivers = value("guest-get-devices");
    assert_eq!(
        drivers[0]["id"],
        serde_json::json!({"type": "pci", "vendor-id": 0x1af4, "device-id": 0x1000})
    );
    assert!(drivers[2].get("id").is_none());
    assert_eq!(value("guest-get-disks").as_array().map(Vec::len), Some(1));
}

#[test]
fn a_minimal_machine_leaves_out_what_may_be_left_out() {
    let value = |command| value("11.1", "minimal", command);
    assert_eq!(
        value("guest-network-get-interfaces"),
        serde_json::json!([{"name": "tun0"}])
    );
    let disk = serde_json::json!([{"name": "/dev/vda", "partition": false, "dependencies": []}]);
    assert_eq!(value("guest-get-disks"), disk);
    assert_eq!(value("guest-get-fsinfo")[0]["disk"], serde_json::json!([]));
    let times = serde_json::json!([{"type": "linux", "cpu": 0, "user": 0, "nice": 0, "system": 0, "idle": 0}]);
    assert_eq!(value("guest-get-cpustats"), times);
    assert_eq!(value("guest-network-get-route"), serde_json::json!([]));
}

#[test]
fn a_large_machine_tells_of_thousands_and_a_foreign_one_of_any_name() {
    let guest = Guest::named("large").expect("an image of that name");
    let mut agent = Agent::new(
        Config::new(Release::find("11.1").expect("it is known")),
        guest,
        Box::new(MemoryStateDir::new()),
    )
    .expect("it starts");
    for (command, last, bytes) in [
        ("guest-network-get-interfaces", "\"veth3999\"", 1_000_000),
        ("guest-get-disks", "\"/dev/vd3999\"", 500_000),
        ("guest-get-users", "\"user3999\"", 100_000),
        ("guest-get-memory-blocks", "\"phys-index\": 8191}", 400_000),
    ] {
        let reply = ask(&mut agent, &request(command)).expect("it lives");
        assert!(
            reply.contains(last) && reply.len() > bytes,
            "{command}: {}",
            reply.len()
        );
    }
    assert_eq!(
        value("11.1", "foreign", "guest-get-fsinfo")[0]["mountpoint"],
        r#"/media/it's "quoted" \ back"#
    );
    assert_eq!(value("11.1", "foreign", "guest-get-users")[0]["user"], "zoë");
    assert_eq!(
        value("11.1", "foreign", "guest-network-get-interfaces")[0]["name"],
        "wlan \"0\""
    );
}
