//! From a loaded folder to the tokens of one constant expression.

mod embedded;
mod fresh;
mod migration;
mod phased;
mod schema;
mod statement;

use std::fmt::Debug;

use migrate_core::Version;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote};

pub(crate) use self::embedded::Embedded;

/// A value of ours that can be written as the tokens of a constant expression of its type.
struct Quoted<'a, T>(&'a T);

/// Where the written code finds our types, whatever its own crate calls them.
fn runtime() -> TokenStream {
    quote!(::migrate_runtime::__private)
}

/// An option as code: `quote!` by itself would write nothing for `None`.
fn option(value: Option<impl ToTokens>) -> TokenStream {
    value.map_or_else(|| quote!(::core::option::Option::None), |value| quote!(::core::option::Option::Some(#value)))
}

/// What is required of other modules.
fn requirements(requires: &[(String, Version)]) -> impl Iterator<Item = TokenStream> {
    let runtime = runtime();
    requires.iter().map(move |(module, version)| {
        let version = version.get();
        quote!(#runtime::Requirement::__new(#module, #version))
    })
}

/// The name of a variant without fields, which is how `Debug` shows it: an enum that grows needs no new code here.
fn variant(value: &impl Debug) -> Ident {
    Ident::new(&format!("{value:?}"), Span::call_site())
}
