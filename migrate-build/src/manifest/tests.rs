use proptest::prelude::*;

use super::*;

fn parse(text: &str) -> (Option<Manifest>, String) {
    let mut diagnostics = Diagnostics::default();
    let source = Source::new("migrations/migrations.toml", text);
    let manifest = Manifest::parse(&Folder::new("migrations"), Some(&source), "app", &mut diagnostics);
    let said = diagnostics.iter().map(|one| {
        let place = one.position().map_or(String::new(), |at| format!(":{}:{}", at.line, at.column));
        format!("{}{place} {}", one.rule().code, one.message())
    });
    (manifest, said.collect::<Vec<_>>().join("\n"))
}

#[test]
fn everything_it_may_say_is_read() {
    let (manifest, said) = parse(
        "module = \"notes\"\nversions = \"timestamp\"\nrequires = { auth = 3, \"mail-box\" = 1 }\n\
         [rules]\nM012 = \"allow\"\nM101 = \"error\"\n",
    );
    assert_eq!(said, "");
    let manifest = manifest.unwrap();
    assert_eq!((manifest.module.as_str(), manifest.numbering), ("notes", Numbering::Timestamp));
    let requires: Vec<_> = manifest.requires.iter().map(|(name, version)| format!("{name} {version}")).collect();
    assert_eq!(requires, ["auth 3", "mail-box 1"]);
    let settings: Vec<_> = manifest.settings.iter().map(|(rule, setting)| (rule.code, *setting)).collect();
    assert_eq!(settings, [("M012", Setting::Allow), ("M101", Setting::Error)]);
}

#[test]
fn former_names_are_one_or_several() {
    assert_eq!(parse("formerly = \"old\"").0.unwrap().formerly, ["old"]);
    assert_eq!(parse("formerly = [\"older\", \"old\"]").0.unwrap().formerly, ["older", "old"]);
}

#[test]
fn what_is_unmanaged_is_kept_as_it_is_written() {
    let (manifest, said) = parse("unmanaged = [\"audit_*\", \"field user.legacy_?\"]");
    assert_eq!(
        (manifest.unwrap().unmanaged, said.as_str()),
        (vec!["audit_*".into(), "field user.legacy_?".into()], "")
    );
}

#[test]
fn without_a_word_the_module_is_the_crate() {
    let mut diagnostics = Diagnostics::default();
    let manifest = Manifest::parse(&Folder::new("m"), None, "my-app", &mut diagnostics).unwrap();
    assert_eq!((manifest.module.as_str(), manifest.numbering), ("my-app", Numbering::Sequential));
    assert_eq!(parse("").0.unwrap().module, "app");
    assert!(Manifest::parse(&Folder::new("m"), None, "My", &mut diagnostics).is_none());
    assert_eq!(diagnostics.iter().next().unwrap().rule().code, "M031");
}

#[test]
fn each_mistake_is_told_with_its_place() {
    let cases = [
        ("modul = \"x\"", "M030:1:1"),
        ("module = 3", "M030:1:10"),
        ("versions = \"dates\"", "M030:1:12"),
        ("module = \"x\"\nmodule = \"y\"", "M030:2:1"),
        ("[", "M030:1:2"),
        ("module = \"My App\"", "M031:1:10"),
        ("module = \"\"", "M031:1:10"),
        ("[rules]\nM999 = \"allow\"", "M032:2:1"),
        ("[rules]\nM101 = \"warning\"", "M032:2:1"),
        ("formerly = \"post\"\nrequires = { post = 1 }", "M033:2:14"),
        ("accepts = { x = { checksums = [], reason = \"r\" } }", "M035:1:13"),
        ("[accepts]\n3 = { checksums = [], reason = \"r\" }", "M035:2:1"),
        ("[accepts]\n3 = { checksums = [\"sha256:00\"], reason = \"r\" }", "M035:2:20"),
        ("[accepts]\n3 = { checksums = [], reason = \" \" }", "M035:2:32"),
        ("[accepts]\n3 = { checksums = [] }", "M030:2:5"),
        ("[accepts]\n3 = { checksums = [], reason = \"r\", why = 1 }", "M030:2:37"),
        ("formerly = 3", "M034:1:12"),
        ("formerly = \"Old Name\"", "M034:1:12"),
        ("formerly = \"app\"", "M034:1:12"),
        ("formerly = [\"a\", \"a\"]", "M034:1:12"),
        ("requires = { Auth = 1 }", "M033:1:14"),
        ("unmanaged = \"a\"", "M030:1:13"),
        ("unmanaged = [1]", "M030:1:14"),
        ("unmanaged = [\"a\", \"\"]", "M038:1:19"),
        ("unmanaged = [\"a\", \"a\"]", "M038:1:19"),
        ("unmanaged = [\"tables audit_*\"]", "M038:1:14"),
        ("requires = { auth = 0 }", "M033:1:21"),
        ("requires = { app = 1 }", "M033:1:14"),
        ("[tags]\nv1 = 1", "M037:2:1"),
        ("[tags]\n\"a b\" = 1", "M037:2:1"),
        ("[tags]\nlaunch = 0", "M037:2:10"),
    ];
    for (text, expected) in cases {
        let (_, said) = parse(text);
        assert!(said.starts_with(&format!("{expected} ")), "{text}: {said}");
    }
}

proptest! {
    #[test]
    fn no_text_panics(text in "([a-z\\[\\]{}=\"\n .0-9é]|module|requires|rules|versions){0,30}") {
        parse(&text);
    }
}
