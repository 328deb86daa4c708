//! The forms of a report beside text, JSON and JUnit: snapshots of a report of
//! everything, and what must hold of each form whatever stands in the report.

use crate::agent::{config, drive, say};
use crate::report::{everything, judged};
use qga_engine::Run;
use qga_engine::report::{Format, MARKDOWN_BYTES_MAX, Publisher, Report, ScriptReport, Statement, read};
use qga_engine::script::Level;
use qga_engine::suite::Suite;
use saphyr::{LoadableYamlNode as _, Yaml};
use serde_json::Value;

/// Two agents, of which one does not write as it should.
fn several() -> Vec<Report> {
    let mut one = everything();
    one.scripts.truncate(1);
    let mut other = judged(Level::Must, &[("frame/line.session", PING)]);
    other.agent = "another <agent>".to_owned();
    other.agent_version = None;
    vec![one, other]
}

const PING: &str = "session answer on one line
must    FRAME-001  answer  [schema: guest-ping]
>       {\"execute\": \"guest-ping\"}
<       {\"return\": {}}
";

/// The page without what is the same in each.
fn without_style_and_script(page: &str) -> String {
    let mut page = page.to_owned();
    for (open, close) in [
        ("<style>", "</style>"),
        ("<script>", "</script>"),
        ("sha256-", ";"),
        (" script-src '", ";"),
    ] {
        let from = page.find(open).expect("the page has it") + open.len();
        let to = from + page[from..].find(close).expect("it ends");
        page.replace_range(from..to, "…");
    }
    page
}

#[test]
fn a_report_of_everything_in_every_form() {
    let one = [everything()];
    let statement = Statement::of(&one[0], publisher());
    insta::with_settings!({
        snapshot_path => "../../../../snapshots/reports",
        prepend_module_to_snapshot => false,
        omit_expression => true,
    }, {
        for format in [Format::Tap, Format::Github, Format::Markdown, Format::Badge, Format::Svg] {
            insta::assert_snapshot!(format.name(), format.write(&one));
        }
        for format in [Format::Text, Format::Junit, Format::Tap, Format::Markdown, Format::Badge] {
            insta::assert_snapshot!(format!("several-{format}"), format.write(&several()));
        }
        let page = Format::Html.write(&[one.as_slice(), &several()[1..]].concat());
        insta::assert_snapshot!("html", without_style_and_script(&page));
        insta::assert_snapshot!("statement-yaml", statement.yaml());
        insta::assert_snapshot!("statement-json", statement.json());
    });
}

fn publisher() -> Publisher {
    Publisher {
        organization: Some("Example: a \"company\"".to_owned()),
        url: Some("https://example.org".to_owned()),
        contact: None,
        date: Some("2027-03-31".to_owned()),
    }
}

#[test]
fn every_form_takes_no_report_and_an_empty_one() {
    for format in Format::ALL {
        format.write(&[]);
        let text = format.write(&[judged(Level::Must, &[])]);
        assert!(!text.is_empty(), "{format} says something");
    }
}

#[test]
fn a_tap_plan_counts_its_points() {
    let text = Format::Tap.write(&several());
    for depth in ["    ", ""] {
        let lines = || text.lines().filter_map(|it| it.strip_prefix(depth));
        let plans: Vec<usize> = lines()
            .filter_map(|it| it.strip_prefix("1.."))
            .map(|it| it.parse().expect("a count"))
            .collect();
        let points = lines()
            .filter(|it| it.starts_with("ok ") || it.starts_with("not ok "))
            .count();
        assert_eq!(plans.iter().sum::<usize>(), points, "{text}");
    }
}

/// What a TAP reader sees as passed: `ok` without a directive.
#[test]
fn nothing_but_what_holds_passes_in_tap() {
    let report = everything();
    let passed = |id: &str| {
        let text = Format::Tap.write(std::slice::from_ref(&report));
        let point = text.lines().find(|it| it.contains(id)).map(str::to_owned);
        let point = point.unwrap_or_else(|| panic!("{id} has a point"));
        point.starts_with("ok ") && !point.contains(" # ")
    };
    for (id, expected) in [
        ("FRAME-001", true),
        ("FRAME-002", false),
        ("INFO-002", false),
        ("INFO-003", false),
        ("POWER-001", false),
        ("POWER-002", false),
        ("SECOND-001", false),
        ("SECOND-002", false),
        ("SECOND-003", false),
    ] {
        assert_eq!(passed(id), expected, "{id}");
    }
}

#[test]
fn the_diagnostics_of_tap_are_yaml() {
    let text = Format::Tap.write(&[everything()]);
    let mut blocks = 0;
    for block in text.split("  ---\n").skip(1) {
        let block = block.split("  ...\n").next().expect("a part");
        let yaml = Yaml::load_from_str(block).unwrap_or_else(|error| panic!("{error}: {block}"));
        assert!(yaml[0]["message"].as_str().is_some() && yaml[0]["evidence"].as_sequence().is_some());
        blocks += 1;
    }
    assert_eq!(blocks, 6);
}

#[test]
fn a_statement_says_the_same_in_yaml_and_json() {
    for report in several() {
        let statement = Statement::of(&report, publisher());
        let yaml = Yaml::load_from_str(&statement.yaml()).expect("it is YAML");
        let json: Value = serde_json::from_str(&statement.json()).expect("it is JSON");
        assert_eq!(yaml.len(), 1);
        assert_eq!(as_json(&yaml[0]), json);
    }
}

fn as_json(yaml: &Yaml<'_>) -> Value {
    if let Some(members) = yaml.as_mapping() {
        let name = |it: &Yaml<'_>| it.as_str().expect("names are strings").to_owned();
        return members.iter().map(|(key, value)| (name(key), as_json(value))).collect();
    }
    if let Some(items) = yaml.as_sequence() {
        return items.iter().map(as_json).collect();
    }
    match (yaml.as_str(), yaml.as_integer()) {
        (Some(text), _) => Value::from(text),
        (None, Some(number)) => Value::from(number),
        (None, None) => panic!("nothing else is in a statement: {yaml:?}"),
    }
}

/// A report on an agent that answers with markup.
fn hostile() -> Report {
    let text = "session </title><script>alert(0)</script>\n
must    X-001  say <b>nothing</b> & `less` | \"more\"
> x
< {\"return\": 1}
";
    let suite = Suite::parse([("</script><img src=x>.session", text)]).expect("it is a script");
    let mut run = Run::new(&suite.scripts[0], config(Level::Must));
    drive(&mut run, usize::MAX, |_| {
        say("{\"return\": \"</script><script>alert(1)</script><!--<img src=x onerror=alert(2)>``` ]]>\"}")
    });
    let mut report = judged(Level::Must, &[]);
    report.agent = "<script>alert(3)</script>".to_owned();
    report.target = "\"><script>alert(4)</script>\n::error::x".to_owned();
    report
        .scripts
        .push(ScriptReport::of_run(&suite.scripts[0], run.result()));
    report
}

#[test]
fn what_an_agent_sends_is_never_markup() {
    let page = Format::Html.write(&[hostile()]);
    assert_eq!(page.matches("<script").count(), 2, "the data and the page's own");
    assert_eq!(page.matches("</script").count(), 2);
    assert!(!page.contains("<img") && !page.contains("<!--"));
    let markdown = Format::Markdown.write(&[hostile()]);
    let outside: Vec<&str> = markdown.split("````").step_by(2).collect();
    assert!(!outside.concat().contains("<script"), "{markdown}");
    assert_eq!(
        markdown.matches("````").count(),
        2,
        "the fence is longer than what it holds"
    );
    let svg = Format::Svg.write(&[hostile()]);
    assert!(!svg.contains("script"));
    for line in Format::Github.write(&[hostile()]).lines() {
        assert!(line.starts_with("::error ") || line.starts_with("::notice "), "{line}");
    }
}

#[test]
fn the_page_needs_nothing_from_outside() {
    let page = Format::Html.write(&[everything()]);
    for word in [
        " src=",
        "@import",
        "url(",
        "http://",
        "fetch(",
        "XMLHttpRequest",
        "innerHTML",
    ] {
        assert!(!page.contains(word), "{word}");
    }
    let links = page.split("href=\"").skip(1);
    let outside = links.filter(|it| !it.starts_with('#') && !it.starts_with("data:,\""));
    assert_eq!(outside.count(), 0);
}

#[test]
fn the_page_holds_the_whole_report() {
    let reports = several();
    let page = Format::Html.write(&reports);
    let (_, from) = page
        .split_once("<script type=\"application/json\" id=\"data\">")
        .expect("data");
    let (json, _) = from.split_once("</script>").expect("it ends");
    assert_eq!(read(json).expect("it is a report"), reports);
}

#[test]
fn a_page_of_markdown_is_never_too_long() {
    let mut report = everything();
    let long = report.scripts[3].clone();
    report.scripts.extend(std::iter::repeat_n(long, 600));
    let text = Format::Markdown.write(&[report]);
    assert!(text.len() <= MARKDOWN_BYTES_MAX + 200, "{}", text.len());
    assert!(text.contains(" left out here: the page would be too long"));
}

#[test]
fn annotations_escape_what_ends_them() {
    let text = Format::Github.write(&[hostile()]);
    let first = text.lines().next().expect("a line");
    assert!(
        first.starts_with("::error file=</script><img src=x>.session,line=5,title=X-001 (must)%3A say "),
        "{first}"
    );
    assert_eq!(text.lines().count(), 2, "{text}");
}
