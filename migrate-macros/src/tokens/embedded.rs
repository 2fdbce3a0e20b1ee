use migrate_build::Loaded;
use proc_macro2::TokenStream;
use quote::quote;

use super::{Quoted, requirements, runtime};

/// A whole module, ready to be written.
pub(crate) struct Embedded<'a> {
    loaded: &'a Loaded,
    files: Vec<&'a str>,
}

impl<'a> Embedded<'a> {
    /// # Errors
    ///
    /// The path of a file is not UTF-8, so that no code can name it.
    pub(crate) fn new(loaded: &'a Loaded) -> Result<Self, String> {
        let path = |path: &'a std::path::PathBuf| {
            path.to_str().ok_or_else(|| format!("the path of `{}` is not valid UTF-8", path.display()))
        };
        Ok(Self { loaded, files: loaded.files.iter().map(path).collect::<Result<_, _>>()? })
    }

    /// One expression that can be the value of a `const` or a `static`.
    pub(crate) fn tokens(&self) -> TokenStream {
        let runtime = runtime();
        let Self { loaded, files } = self;
        let module = &loaded.module;
        let migrations = loaded.migrations.iter().map(Quoted);
        let requires = requirements(&loaded.requires);
        let fresh = loaded.fresh.as_ref().map(|fresh| {
            let fresh = Quoted(fresh);
            quote!(.__with_fresh(const { &#fresh }))
        });
        let formerly = (!loaded.formerly.is_empty()).then(|| {
            let formerly = &loaded.formerly;
            quote!(.__with_formerly(&[#(#formerly),*]))
        });
        let unmanaged = (!loaded.unmanaged.is_empty()).then(|| {
            let unmanaged = &loaded.unmanaged;
            quote!(.__with_unmanaged(&[#(#unmanaged),*]))
        });
        // The slices are constants of their own: what is built inside an expression and needs `Drop` is not promoted.
        // The files are only named, so that the compiler looks at them again; what is embedded is the canonical text.
        quote! {
            {
                const _: &[&[u8]] = &[#(::core::include_bytes!(#files)),*];
                const CHAIN: &[#runtime::Migration] = &[#(#migrations),*];
                const REQUIRES: &[#runtime::Requirement] = &[#(#requires),*];
                #runtime::Migrations::__new(#module, CHAIN).__with_requires(REQUIRES)#formerly #unmanaged #fresh
            }
        }
    }
}
