use migrate_core::{Change, Check, Object, ObjectKind, Undo, UndoSafety};
use proc_macro2::TokenStream;
use quote::{ToTokens, quote};

use super::{Quoted, option, runtime, variant};

impl ToTokens for Quoted<'_, Object> {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let runtime = runtime();
        let kind = self.0.kind();
        let (kind, table, name) = (Quoted(&kind), option(self.0.table()), self.0.name());
        tokens.extend(quote!(#runtime::Object::__new(#kind, #table, #name)));
    }
}

impl ToTokens for Quoted<'_, ObjectKind> {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let runtime = runtime();
        let variant = variant(self.0);
        tokens.extend(quote!(#runtime::ObjectKind::#variant));
    }
}

impl ToTokens for Quoted<'_, Change> {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let runtime = runtime();
        let (object, definition) = (Quoted(self.0.object()), option(self.0.definition()));
        tokens.extend(quote!(#runtime::Change::__new(#object, #definition)));
    }
}

impl ToTokens for Quoted<'_, Check> {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let runtime = runtime();
        let kind = variant(&self.0.kind());
        let (object, query) = (Quoted(self.0.object()), self.0.query());
        tokens.extend(quote!(#runtime::Check::__new(#object, #runtime::CheckKind::#kind, #query)));
    }
}

impl ToTokens for Quoted<'_, Undo> {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let runtime = runtime();
        let borrowed = |text: &str| quote!(::std::borrow::Cow::Borrowed(#text));
        tokens.extend(match self.0 {
            Undo::Derived { text, safety } => {
                let (text, safety) = (borrowed(text), Quoted(safety));
                quote!(#runtime::Undo::Derived { text: #text, safety: #safety })
            }
            Undo::Explicit { text, safety } => {
                let (text, safety) = (borrowed(text), Quoted(safety));
                quote!(#runtime::Undo::Explicit { text: #text, safety: #safety })
            }
            Undo::None { reason } => {
                let reason = borrowed(reason);
                quote!(#runtime::Undo::None { reason: #reason })
            }
        });
    }
}

impl ToTokens for Quoted<'_, UndoSafety> {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let runtime = runtime();
        tokens.extend(match self.0 {
            UndoSafety::Safe => quote!(#runtime::UndoSafety::Safe),
            UndoSafety::DataLoss => quote!(#runtime::UndoSafety::DataLoss),
            UndoSafety::Unsafe => quote!(#runtime::UndoSafety::Unsafe),
        });
    }
}
