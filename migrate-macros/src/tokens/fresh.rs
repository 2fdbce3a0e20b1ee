use migrate_core::{Fresh, FreshStatement};
use proc_macro2::TokenStream;
use quote::{ToTokens, quote};

use super::{Quoted, runtime};

impl ToTokens for Quoted<'_, Fresh> {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let runtime = runtime();
        let migrations = u32::try_from(self.0.migrations()).unwrap_or(u32::MAX);
        let statements = self.0.statements().iter().map(Quoted);
        tokens.extend(quote! {
            #runtime::Fresh::__new(#migrations, ::std::borrow::Cow::Borrowed(const { &[#(#statements),*] }))
        });
    }
}

impl ToTokens for Quoted<'_, FreshStatement> {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let runtime = runtime();
        tokens.extend(match self.0 {
            FreshStatement::Change { migration, change } => {
                quote!(#runtime::FreshStatement::Change { migration: #migration, change: #change })
            }
            FreshStatement::Statement { migration, statement } => {
                quote!(#runtime::FreshStatement::Statement { migration: #migration, statement: #statement })
            }
            FreshStatement::Text(text) => {
                let text: &str = text;
                quote!(#runtime::FreshStatement::Text(::std::borrow::Cow::Borrowed(#text)))
            }
        });
    }
}
