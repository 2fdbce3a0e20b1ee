use std::env;
use std::path::PathBuf;

use migrate_build::{Embedding, Folder, Options};
use proc_macro2::TokenStream;
use quote::quote_spanned;

use crate::freshness;
use crate::input::Input;
use crate::tokens::Embedded;

/// What the macro learns from Cargo.
pub(crate) trait Environment {
    fn variable(&self, name: &str) -> Option<String>;
}

/// That of the compiler which runs the macro.
struct Process;

impl Environment for Process {
    fn variable(&self, name: &str) -> Option<String> {
        env::var(name).ok()
    }
}

/// The whole expansion: an expression in any case, so that a mistake is one error and not many.
pub(crate) fn expand(input: TokenStream) -> TokenStream {
    let expanded = syn::parse2(input).and_then(|input: Input| {
        let error = |message: String| syn::Error::new(input.span, message);
        embed(&input.folder, &Process).map_err(error)
    });
    expanded.unwrap_or_else(|error| refusal(&error))
}

fn embed(folder: &str, environment: &impl Environment) -> Result<TokenStream, String> {
    let variable = |name: &str| {
        let missing = || format!("`{name}` is not set: `embed_migrations!` needs a crate that Cargo builds");
        environment.variable(name).ok_or_else(missing)
    };
    let folder = Folder::in_crate(variable("CARGO_MANIFEST_DIR")?, folder);
    let module = variable("CARGO_PKG_NAME")?;
    let prepared = environment.variable("OUT_DIR").map(PathBuf::from);
    // What is not locked is the build script's concern: it knows the profile.
    let embedding = Embedding::find(&folder, &Options::new(module), prepared.as_deref());
    let embedding = embedding.map_err(|error| error.to_string())?;
    freshness::check(&folder, embedding.digest, environment.variable(&folder.digest_variable()).as_deref())?;
    Embedded::new(&embedding).map(|embedded| embedded.tokens())
}

/// A compile error, and an empty value so that nothing else fails.
fn refusal(error: &syn::Error) -> TokenStream {
    let message = error.to_string();
    quote_spanned! {error.span()=>
        {
            ::core::compile_error!(#message);
            ::migrate_runtime::__private::Migrations::__new("", &[])
        }
    }
}

#[cfg(test)]
mod tests;
