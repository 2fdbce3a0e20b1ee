use migrate_build::Embedding;
use migrate_core::Version;
use proc_macro2::{Literal, TokenStream};
use quote::quote;

/// A whole module, ready to be written.
pub(crate) struct Embedded<'a> {
    embedding: &'a Embedding,
    files: Vec<&'a str>,
}

impl<'a> Embedded<'a> {
    /// # Errors
    ///
    /// The path of a file is not UTF-8, so that no code can name it.
    pub(crate) fn new(embedding: &'a Embedding) -> Result<Self, String> {
        let path = |path: &'a std::path::PathBuf| {
            path.to_str().ok_or_else(|| format!("the path of `{}` is not valid UTF-8", path.display()))
        };
        Ok(Self { embedding, files: embedding.files.iter().map(path).collect::<Result<_, _>>()? })
    }

    /// One expression that can be the value of a `const` or a `static`.
    pub(crate) fn tokens(&self) -> TokenStream {
        let runtime = runtime();
        let Self { embedding, files } = self;
        let Embedding { module, formerly, requires, unmanaged, text, bytes, .. } = embedding;
        let bytes = Literal::byte_string(bytes);
        let requires = requirements(requires);
        let formerly = (!formerly.is_empty()).then(|| quote!(.__with_formerly(&[#(#formerly),*])));
        let unmanaged = (!unmanaged.is_empty()).then(|| quote!(.__with_unmanaged(&[#(#unmanaged),*])));
        // The files are only named, so that the compiler looks at them again; what is embedded is the canonical text.
        quote! {
            {
                const _: &[&[u8]] = &[#(::core::include_bytes!(#files)),*];
                static EMBEDDED: #runtime::Embedded = #runtime::Embedded::new(#text, #bytes);
                const REQUIRES: &[#runtime::Requirement] = &[#(#requires),*];
                #runtime::Migrations::__embedded(#module, &EMBEDDED).__with_requires(REQUIRES)#formerly #unmanaged
            }
        }
    }
}

/// Where the written code finds our types, whatever its own crate calls them.
fn runtime() -> TokenStream {
    quote!(::migrate_runtime::__private)
}

/// What is required of other modules.
fn requirements(requires: &[(String, Version)]) -> impl Iterator<Item = TokenStream> {
    let runtime = runtime();
    requires.iter().map(move |(module, version)| {
        let version = version.get();
        quote!(#runtime::Requirement::__new(#module, #version))
    })
}
