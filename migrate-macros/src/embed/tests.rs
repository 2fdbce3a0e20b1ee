use std::fs;
use std::path::Path;

use migrate_build::Embedding;
use quote::quote;

use super::*;

/// A crate whose build script saw the folder as `digest` says.
struct Crate<'a> {
    root: &'a Path,
    digest: Option<String>,
    /// Where it has left something.
    prepared: bool,
}

impl Environment for Crate<'_> {
    fn variable(&self, name: &str) -> Option<String> {
        match name {
            "CARGO_MANIFEST_DIR" => Some(self.root.to_str()?.to_owned()),
            "CARGO_PKG_NAME" => Some("app".to_owned()),
            "MIGRATE_DIGEST_m" => self.digest.clone(),
            "OUT_DIR" if self.prepared => Some(self.root.to_str()?.to_owned()),
            _ => None,
        }
    }
}

fn crate_with(files: &[(&str, &str)]) -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    fs::create_dir(root.path().join("m")).unwrap();
    for (name, text) in files {
        fs::write(root.path().join("m").join(name), text).unwrap();
    }
    root
}

fn seen(root: &Path) -> String {
    migrate_build::load(&Folder::in_crate(root, "m"), &Options::new("app")).unwrap().digest.to_string()
}

#[test]
fn a_folder_becomes_one_constant_expression() {
    let root = crate_with(&[
        ("V1__a.surql", "-- migrate: description first\r\nDEFINE TABLE a;\r\n"),
        ("migrations.toml", "requires = { auth = 2 }"),
    ]);
    let expanded = embed("m", &Crate { root: root.path(), digest: Some(seen(root.path())), prepared: false }).unwrap();
    let loaded = migrate_build::load(&Folder::in_crate(root.path(), "m"), &Options::new("app")).unwrap();
    let Embedding { text, bytes, .. } = Embedding::of(&loaded).unwrap();
    assert_eq!(text, "-- migrate: description first\nDEFINE TABLE a;\n");
    let bytes = proc_macro2::Literal::byte_string(&bytes);
    let file = |name| root.path().join("m").join(name).to_str().unwrap().to_owned();
    let (up, manifest) = (file("V1__a.surql"), file("migrations.toml"));
    let expected = quote! {
        {
            const _: &[&[u8]] = &[::core::include_bytes!(#up), ::core::include_bytes!(#manifest)];
            static EMBEDDED: ::migrate_runtime::__private::Embedded =
                ::migrate_runtime::__private::Embedded::new(#text, #bytes);
            const REQUIRES: &[::migrate_runtime::__private::Requirement] =
                &[::migrate_runtime::__private::Requirement::__new("auth", 2u64)];
            ::migrate_runtime::__private::Migrations::__embedded("app", &EMBEDDED).__with_requires(REQUIRES)
        }
    };
    assert_eq!(expanded.to_string(), expected.to_string());
}

#[test]
fn a_folder_that_no_build_script_saw_is_refused_with_the_remedy() {
    let root = crate_with(&[("V1__a.surql", "DEFINE TABLE a;")]);
    let error = embed("m", &Crate { root: root.path(), digest: None, prepared: false }).unwrap_err();
    assert!(error.contains("migrate_build::Builder::new(\"m\").run();"), "{error}");
    assert!(error.contains("[build-dependencies]"), "{error}");
}

#[test]
fn a_folder_that_changed_behind_the_build_script_is_refused() {
    let root = crate_with(&[("V1__a.surql", "DEFINE TABLE a;")]);
    let digest = Some(seen(root.path()));
    fs::write(root.path().join("m/V2__b.surql"), "DEFINE TABLE b;").unwrap();
    let error = embed("m", &Crate { root: root.path(), digest, prepared: false }).unwrap_err();
    assert!(error.contains("is not as the build script saw it"), "{error}");
}

#[test]
fn what_the_build_script_prepared_is_taken_while_the_folder_is_the_same() {
    let root = crate_with(&[("V1__a.surql", "DEFINE TABLE a;")]);
    let (folder, options) = (Folder::in_crate(root.path(), "m"), Options::new("app"));
    let mut embedding = Embedding::find(&folder, &options, None).unwrap();
    // So that it can be told from what the folder says.
    embedding.module = "prepared".to_owned();
    embedding.prepare(&folder, &options, root.path()).unwrap();
    let embed = || embed("m", &Crate { root: root.path(), digest: Some(seen(root.path())), prepared: true }).unwrap();
    assert!(embed().to_string().contains("__embedded (\"prepared\""));
    fs::write(root.path().join("m/V2__b.surql"), "DEFINE TABLE b;").unwrap();
    assert!(embed().to_string().contains("__embedded (\"app\""), "another folder");
}

#[test]
fn what_was_prepared_of_another_folder_does_not_hide_that_the_build_script_saw_another() {
    let root = crate_with(&[("V1__a.surql", "DEFINE TABLE a;")]);
    let digest = Some(seen(root.path()));
    let (folder, options) = (Folder::in_crate(root.path(), "m"), Options::new("app"));
    Embedding::find(&folder, &options, None).unwrap().prepare(&folder, &options, root.path()).unwrap();
    fs::write(root.path().join("m/V1__a.surql"), "DEFINE TABLE b;").unwrap();
    let error = embed("m", &Crate { root: root.path(), digest, prepared: true }).unwrap_err();
    assert!(error.contains("is not as the build script saw it"), "{error}");
}

#[test]
fn what_is_wrong_with_the_folder_comes_before_the_build_script() {
    let root = crate_with(&[("V1_a.surql", "DEFINE TABLE a;"), ("V2__b.surql", "RETURN")]);
    let error = embed("m", &Crate { root: root.path(), digest: None, prepared: false }).unwrap_err();
    assert!(error.contains("V1_a.surql") && error.contains("V2__b.surql"), "{error}");
    assert!(!error.contains("build script"), "{error}");
}

#[test]
fn without_cargo_the_error_says_so() {
    struct Nothing;

    impl Environment for Nothing {
        fn variable(&self, _: &str) -> Option<String> {
            None
        }
    }
    assert!(embed("m", &Nothing).unwrap_err().contains("`CARGO_MANIFEST_DIR` is not set"));
}

#[test]
fn a_mistake_becomes_one_error_and_an_empty_value() {
    let expanded = expand(quote!(3)).to_string();
    assert_eq!(expanded.matches("compile_error").count(), 1, "{expanded}");
    assert!(expanded.ends_with(":: Migrations :: __new (\"\" , & []) }"), "{expanded}");
}
