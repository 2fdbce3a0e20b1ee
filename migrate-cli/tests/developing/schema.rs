//! `new --from`: the next migration from what the schema shall be.

use std::fs;
use std::path::Path;

use crate::tool::{folder, json_in, run_in};
use serde_json::json;

const V1: &str = "DEFINE TABLE user SCHEMAFULL;\nDEFINE FIELD mail ON user TYPE string;\n";

fn project(schema: &str) -> tempfile::TempDir {
    folder(&[("migrations/V1__users.surql", V1), ("schema/tables/user.surql", schema)])
}

fn written(dir: &tempfile::TempDir, file: &str) -> String {
    fs::read_to_string(dir.path().join("migrations").join(file)).unwrap()
}

#[test]
fn what_is_new_in_the_schema_is_the_next_migration() {
    let dir = project(&format!("{V1}DEFINE FIELD bio ON user TYPE option<string>;\n"));
    fs::write(dir.path().join("schema/post.surql"), "DEFINE TABLE post; -- in a file of its own\n").unwrap();
    fs::write(dir.path().join("schema/notes.txt"), "not a schema").unwrap();
    let (code, stdout, stderr) = run_in(dir.path(), &["new", "more", "--from", "schema", "--tag", "launch"]);
    assert_eq!((code, stdout.as_str()), (0, "wrote migrations/V2__more.surql\nV2 is `launch`\n"), "{stderr}");
    assert_eq!(written(&dir, "V2__more.surql"), "DEFINE TABLE post;\nDEFINE FIELD bio ON user TYPE option<string>;\n");
    assert_eq!(run_in(dir.path(), &["check"]).0, 0);

    let (code, report) = json_in(dir.path(), &["new", "again", "--from", "schema/"]);
    assert_eq!((code, &report["error"]["kind"]), (1, &json!("unchanged")));
    assert_eq!(fs::read_dir(dir.path().join("migrations")).unwrap().count(), 3, "nothing more was written");
}

#[test]
fn a_catalog_is_a_schema_that_changes_nothing() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("examples/many_tenants/migrations");
    let dir = tempfile::tempdir().unwrap();
    let folder = folder.to_str().unwrap();
    let (code, catalog, _) = run_in(dir.path(), &["catalog", "--dir", folder]);
    assert_eq!(code, 0);
    // The database reports parts that it implies, and would itself not take them as statements; and it shows no secret.
    let is_strange = |line: &&str| line.contains("TYPE any FLEXIBLE") || line.contains("[REDACTED]");
    let (strange, schema): (Vec<&str>, Vec<&str>) = catalog.lines().partition(is_strange);
    assert_eq!(strange.len(), 3, "{strange:?}");
    let v1 = fs::read_to_string(Path::new(folder).join("V1__schema.surql")).unwrap();
    let access = &v1[v1.find("DEFINE ACCESS").unwrap()..];
    fs::write(dir.path().join("all.surql"), format!("{}\n{access}", schema.join("\n"))).unwrap();
    let (code, report) = json_in(dir.path(), &["new", "again", "--from", "all.surql", "--dir", folder]);
    assert_eq!((code, &report["error"]["kind"]), (1, &json!("unchanged")), "{report}");
}

#[test]
fn what_would_not_pass_a_build_is_not_written() {
    let dir = project(
        "DEFINE TABLE user SCHEMAFULL;\nDEFINE FIELD mail ON user TYPE string;\nDEFINE FIELD n ON user TYPE int DEFAULT 'x';\n",
    );
    let (code, _, stderr) = run_in(dir.path(), &["new", "more", "--from", "schema", "--force"]);
    assert!(code == 1 && stderr.contains("M217") && stderr.contains("was not written"), "{stderr}");
    let (_, report) = json_in(dir.path(), &["new", "more", "--from", "schema", "--force"]);
    assert_eq!(
        (&report["error"]["kind"], &report["error"]["diagnostics"][0]["code"]),
        (&json!("schema"), &json!("M217"))
    );
    assert!(!dir.path().join("migrations/V2__more.surql").exists());
}

#[test]
fn what_the_folder_itself_is_stricter_about_is_told_behind_the_writing() {
    let dir = project(&format!("{V1}DEFINE INDEX mail ON user FIELDS mail;\n"));
    fs::write(dir.path().join("migrations/migrations.toml"), "[rules]\nM424 = \"error\"\n").unwrap();
    let (code, report) = json_in(dir.path(), &["new", "index", "--from", "schema"]);
    assert_eq!((code, &report["error"]["diagnostics"][0]["code"]), (1, &json!("M424")), "one object: {report}");
    assert!(written(&dir, "V2__index.surql").starts_with("DEFINE INDEX mail"));
}

#[test]
fn what_may_lose_data_needs_somebody_to_say_so() {
    let dir = project("DEFINE TABLE user SCHEMAFULL;\n");
    let (code, stdout, stderr) = run_in(dir.path(), &["new", "less", "--from", "schema"]);
    assert!(code == 1 && stdout.is_empty(), "{stdout}");
    for part in ["destructive(data_loss) [M302]: REMOVE FIELD mail ON user", "`--phased`", "`--force`"] {
        assert!(stderr.contains(part), "{part}: {stderr}");
    }
    let (_, report) = json_in(dir.path(), &["new", "less", "--from", "schema"]);
    assert_eq!(report["error"]["kind"], "breaking");
    assert_eq!(report["error"]["statements"][0]["statement"], "REMOVE FIELD mail ON user");
    let (code, _, _) = run_in(dir.path(), &["new", "less", "--from", "schema", "--force"]);
    assert_eq!(code, 0);
    assert!(written(&dir, "V2__less.surql").starts_with("-- migrate: allow(M302) field user.mail, by --force\n"));
    let (code, report) = json_in(dir.path(), &["check"]);
    assert_eq!((code, &report["migrations"][1]["breaking"]), (0, &json!(true)));
}

#[test]
fn what_breaks_older_binaries_can_be_written_in_phases() {
    let dir = project("DEFINE TABLE user SCHEMAFULL;\nDEFINE FIELD bio ON user TYPE option<string>;\n");
    let (code, report) = json_in(dir.path(), &["new", "less", "--from", "schema", "--phased"]);
    assert_eq!((code, &report["file"]), (0, &json!("V2__less.toml")), "{report}");
    let manifest: toml::Table = written(&dir, "V2__less.toml").parse().unwrap();
    let steps = manifest["step"].as_array().unwrap();
    let steps: Vec<_> =
        steps.iter().map(|step| (step["phase"].as_str().unwrap(), step["sql"].as_str().unwrap())).collect();
    assert_eq!(
        steps,
        [("start", "DEFINE FIELD bio ON user TYPE option<string>"), ("complete", "REMOVE FIELD mail ON user"),]
    );
}

#[test]
fn a_likely_rename_is_asked_about() {
    let dir = project(&V1.replace("mail", "email"));
    let (code, _, stderr) = run_in(dir.path(), &["new", "rename", "--from", "schema"]);
    assert!(code == 1 && stderr.contains("`--rename user.mail=user.email` takes its values along"), "{stderr}");
    let (_, report) = json_in(dir.path(), &["new", "rename", "--from", "schema"]);
    assert_eq!(report["error"]["renames"], json!(["user.mail=user.email"]));
    let (code, _, stderr) = run_in(dir.path(), &["new", "rename", "--from", "schema", "--rename", "user.mail=email"]);
    assert_eq!(code, 0, "{stderr}");
    let text = written(&dir, "V2__rename.surql");
    assert!(text.contains("UPDATE user SET email = mail WHERE mail != NONE;\nREMOVE FIELD mail ON user;\n"), "{text}");
    assert_eq!(run_in(dir.path(), &["check"]).0, 0);
}

#[test]
fn mistakes_are_told_with_their_place_and_nothing_is_written() {
    let dir = project("DEFINE TABLE user SCHEMAFULL;\nCREATE user:1;\nDEFINE FIELD a ON usr;\n");
    let (code, _, stderr) = run_in(dir.path(), &["new", "more", "--from", "schema"]);
    assert_eq!(code, 1);
    for part in ["M045", "schema/tables/user.surql:2:1"] {
        assert!(stderr.contains(part), "{part}: {stderr}");
    }
    let (_, report) = json_in(dir.path(), &["new", "more", "--from", "schema"]);
    assert_eq!((&report["error"]["kind"], &report["error"]["diagnostics"][0]["line"]), (&json!("schema"), &json!(2)));
    for (words, code, said) in [
        (&["--from", "nowhere"][..], 1, "nowhere could not be read"),
        (&["--from", "migrations/../schema/tables/.."], 1, "M045"),
        (&["--force"], 2, "--from"),
        (&["--rename", "a=b"], 2, "--from"),
        (&["--from", "schema", "--rename", "a.b=c.d"], 2, "table.old=table.new"),
    ] {
        let (found, _, stderr) = run_in(dir.path(), &[&["new", "more"], words].concat());
        assert!(found == code && stderr.contains(said), "{words:?}: {stderr}");
    }
    fs::create_dir(dir.path().join("empty")).unwrap();
    let (code, _, stderr) = run_in(dir.path(), &["new", "more", "--from", "empty"]);
    assert!(code == 2 && stderr.contains("no `.surql` file"), "{stderr}");
    assert_eq!(fs::read_dir(dir.path().join("migrations")).unwrap().count(), 1);
}
