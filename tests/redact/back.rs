//! The map beside a redacted capture: real names again, in every document; another's map is told, and so is a wrong
//! passphrase.

use serde_json::Value;
use xdscope::engine::protocol::{Answer, Query, RealAnswer, RealQuery, TableKind, Window};
use xdscope::engine::{Engine, is_map};
use xdscope::intake::{Limits, Unpack};
use xdscope::redact::{Lot, lock, restore};

use super::{fixture, gunzip, members, opened, redact};

/// Compares strings, keys and numbers at the same places; how many were the same, and those that were not.
fn beside(own: &Value, back: &Value, same: &mut usize, other: &mut Vec<(String, String)>) {
    match (own, back) {
        (Value::Object(own), Value::Object(back)) => {
            for ((key, one), (led, it)) in own.iter().zip(back) {
                if key == led {
                    *same += 1;
                } else {
                    other.push((key.clone(), led.clone()));
                }
                beside(one, it, same, other);
            }
        }
        (Value::Array(own), Value::Array(back)) => {
            own.iter().zip(back).for_each(|(own, back)| beside(own, back, same, other));
        }
        // What was removed stays so.
        (_, Value::String(back))
            if back.contains("[redacted]") || back == "W3JlZGFjdGVkXQ==" || back.contains("[^\\s\\S]") => {}
        (own, back) if own == back => *same += 1,
        // A pattern that was written again means the same.
        (Value::String(own), Value::String(back)) if back.replace(r"\-", "-") == *own => *same += 1,
        (own, back) => other.push((own.to_string(), back.to_string())),
    }
}

#[test]
fn real_names_are_back_in_every_document() {
    let (mut same, mut other, mut documents) = (0, Vec::new(), 0);
    for name in ["istio/1.27/bug-report.tar.gz", "istio/1.27/details-alone.tar.gz"] {
        let capture = opened(&members(fixture(name)));
        let outcome = redact(&capture);
        let back = outcome.map.reversed();
        for member in &outcome.members {
            let own = capture.document(member.id).unwrap();
            let led = restore(&back, &member.bytes);
            assert_eq!(back.text(&member.path), own.path, "{name}");
            documents += 1;
            let start = xdscope::intake::json_start(&own.bytes).unwrap_or(0);
            let parse =
                |bytes: &[u8]| serde_json::Deserializer::from_slice(bytes).into_iter::<Value>().next();
            if let (Some(Ok(own)), Some(Ok(led))) = (parse(&own.bytes[start..]), parse(&led)) {
                beside(&own, &led, &mut same, &mut other);
            } else {
                assert!(!led.is_empty(), "{name}: {}", own.path);
            }
        }
    }
    other.sort();
    other.dedup();
    println!("back: {documents} documents, {same} strings the same, {} kinds of strings not", other.len());
    assert!(other.is_empty(), "{:?}", &other[..other.len().min(20)]);
    assert!(documents > 30 && same > 50_000);
}

fn open(files: &[(&str, Vec<u8>)]) -> Engine {
    let mut engine = Engine::default();
    for (name, bytes) in files {
        if is_map(bytes) {
            engine.give_map(name, bytes.clone());
        } else {
            Unpack::new(name, bytes.clone(), Limits::default()).for_each(|step| engine.take(step));
        }
    }
    engine.link();
    engine
}

fn ask(engine: &mut Engine, query: RealQuery) -> RealAnswer {
    let mut query = query;
    for _ in 0..10_000 {
        match engine.ask(&Query::Real(query)) {
            Answer::Real(RealAnswer::Busy { behind, all }) => {
                assert!(behind <= all);
                query = RealQuery::Work;
            }
            Answer::Real(answer) => return answer,
            other => panic!("{other:?}"),
        }
    }
    panic!("no end")
}

fn with(passphrase: &str) -> RealQuery {
    RealQuery::Open { passphrase: passphrase.to_owned() }
}

/// All that the tables of the proxies say.
fn tables(engine: &mut Engine) -> String {
    let proxies: Vec<_> = engine.capture().proxies().map(|it| it.0).collect();
    let mut out = String::new();
    for proxy in proxies {
        for table in [TableKind::Clusters, TableKind::Routes, TableKind::Listeners, TableKind::Endpoints] {
            let window = Window { limit: 200, hidden: true, ..Window::default() };
            if let Answer::Table(found) = engine.ask(&Query::Table { proxy, table, window }) {
                out.push_str(&serde_json::to_string(&found.rows).unwrap());
            }
        }
    }
    out
}

#[test]
fn a_map_beside_its_capture_shows_real_names_until_it_is_told_not_to() {
    let mut own = open(&[("own.tar.gz", fixture("istio/1.27/bug-report.tar.gz"))]);
    let capture = opened(&members(fixture("istio/1.27/bug-report.tar.gz")));
    let outcome = redact(&capture);
    let sent = outcome.pack(outcome.packing().unwrap(), Vec::new()).unwrap();
    let map = outcome.map.to_json().into_bytes();
    let file = "map.json".to_owned();

    // Before the capture it waits; beside it, it shows real names.
    let mut early = open(&[("map.json", map.clone())]);
    assert_eq!(ask(&mut early, with("")), RealAnswer::Early { file: file.clone() });
    let mut engine = open(&[("copy.tar.gz", sent.clone()), ("map.json", map.clone())]);
    let codes = tables(&mut engine);
    assert!(!codes.contains("reviews"));
    assert_eq!(ask(&mut engine, with("")), RealAnswer::Shown { file: file.clone() });
    let real = tables(&mut engine);
    assert!(real.contains("reviews"));
    assert_eq!(real.matches("reviews").count(), tables(&mut own).matches("reviews").count());
    assert_eq!(ask(&mut engine, RealQuery::Hide), RealAnswer::Hidden { file: file.clone() });
    assert_eq!(tables(&mut engine), codes);
    assert_eq!(ask(&mut engine, with("")), RealAnswer::Shown { file: file.clone() });
    // What comes in addition is of the capture that was sent.
    Unpack::new("again.tar.gz", sent.clone(), Limits::default()).for_each(|step| engine.take(step));
    engine.link();
    assert!(!tables(&mut engine).contains("reviews"));
    assert_eq!(ask(&mut engine, with("")), RealAnswer::Shown { file: file.clone() });
    assert_eq!(ask(&mut engine, RealQuery::Forget), RealAnswer::None);
    assert!(!tables(&mut engine).contains("reviews"));

    // Under a passphrase.
    let locked = lock(&map, "correct horse", Lot([5; 48])).unwrap();
    let mut engine = open(&[("copy.tar.gz", sent.clone()), ("map.json", locked)]);
    assert_eq!(ask(&mut engine, with("")), RealAnswer::Locked { file: file.clone() });
    assert_eq!(ask(&mut engine, with("wrong")), RealAnswer::Passphrase { file: file.clone() });
    assert_eq!(ask(&mut engine, with("correct horse")), RealAnswer::Shown { file: file.clone() });
    assert!(tables(&mut engine).contains("reviews"));
}

#[test]
fn a_map_of_another_capture_is_told() {
    let file = || "map.json".to_owned();
    let one = redact(&opened(&members(fixture("istio/1.27/details-alone.tar.gz"))));
    let sent = one.pack(one.packing().unwrap(), Vec::new()).unwrap();
    let others = opened(&members(fixture("istio/1.27/bug-report.tar.gz")));
    let options = xdscope::redact::Options::default();
    let mut job = xdscope::redact::Job::new(&others, &options, [9; 32], None);
    let other = loop {
        match job.step(&others) {
            xdscope::redact::Step::Done(outcome) => break outcome,
            xdscope::redact::Step::Busy(..) => {}
            xdscope::redact::Step::Failed(failed) => panic!("{failed:?}"),
        }
    };
    let mut engine = open(&[("copy.tar.gz", sent), ("map.json", other.map.to_json().into_bytes())]);
    assert_eq!(ask(&mut engine, with("")), RealAnswer::Foreign { file: file() });
    // And one beside the original, which has no codes.
    let original = fixture("istio/1.27/details-alone.tar.gz");
    let mut engine = open(&[("it.tar.gz", original), ("map.json", one.map.to_json().into_bytes())]);
    assert_eq!(ask(&mut engine, with("")), RealAnswer::Foreign { file: file() });
    let damaged = br#"{"version": 1, "tokens": {"a": 5}}"#.to_vec();
    let dump = gunzip(&fixture("traces/inbound-payments/config_dump.json.gz"));
    let mut engine = open(&[("dump.json", dump.clone()), ("map.json", damaged)]);
    assert_eq!(ask(&mut engine, with("")), RealAnswer::NoMap { file: file() });
    assert!(!is_map(&dump) && !is_map(b"{\"version\":\"1\"}") && !is_map(b""));
    let mut engine = open(&[("dump.json", dump)]);
    assert_eq!(ask(&mut engine, with("")), RealAnswer::None);
}

#[test]
fn the_terminal_leads_back_too() {
    let folder = std::env::temp_dir().join(format!("xdscope-back-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let (map, file) = (folder.join("map.json"), folder.join("answer.txt"));
    let json = r#"{"version":1,"tokens":{"reviews":"bakod"},"addresses":{"10.0.0.1":"10.9.9.9"}}"#;
    std::fs::write(&map, json).unwrap();
    std::fs::write(&file, "bakod.svc at 10.9.9.9 is NR\n").unwrap();
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_xdscope"));
    let out = command.args(["redact", "--apply"]).args([&map, &file]).arg("--back").output().unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    assert_eq!(String::from_utf8(out.stdout).unwrap(), "reviews.svc at 10.0.0.1 is NR\n");
}
