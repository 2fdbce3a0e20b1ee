use migrate_build::{Handover, LoadedMigration};
use migrate_core::{Checksum, Compatibility, Link, Mode};
use proc_macro2::{Literal, TokenStream};
use quote::{ToTokens, quote};

use super::{Quoted, option, requirements, runtime, variant};

impl ToTokens for Quoted<'_, LoadedMigration> {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let runtime = runtime();
        let LoadedMigration { name, description, file, source, .. } = self.0;
        let (version, text) = (self.0.version.get(), source.text());
        let (checksum, chain) = (Quoted(&self.0.checksum), Quoted(&self.0.chain));
        let (compatibility, mode) = (Quoted(&self.0.compatibility), Quoted(&self.0.mode));
        let statements = self.0.statements.iter().map(Quoted);
        let changes = self.0.changes.iter().map(Quoted);
        // Nearly always nothing, and every token is paid for at each expansion.
        let requires = (!self.0.requires.is_empty()).then(|| {
            let requires = requirements(&self.0.requires);
            quote!(.__with_requires(const { &[#(#requires),*] }))
        });
        let links = (!self.0.links.is_empty()).then(|| {
            let (correction, links) = (&self.0.correction, self.0.links.iter().map(Quoted));
            quote!(.__with_links(#correction, const { &[#(#links),*] }))
        });
        let moved = self.0.moved.as_ref().map(|Handover { hand, module, version, .. }| {
            let (hand, version) = (variant(hand), version.get());
            quote!(.__with_moved(const { &#runtime::Moved::#hand(#runtime::Requirement::__new(#module, #version)) }))
        });
        let checks = (!self.0.checks.is_empty()).then(|| {
            let checks = self.0.checks.iter().map(Quoted);
            quote!(.__with_checks(const { &[#(#checks),*] }))
        });
        let phased = (self.0.mode == Mode::Phased).then(|| {
            let (steps, irreversible) = (self.0.steps.iter().map(Quoted), &self.0.irreversible);
            quote!(.__with_phased(const { &#runtime::Phased::__new(const { &[#(#steps),*] }, #irreversible) }))
        });
        let undo = Quoted(&self.0.undo);
        tokens.extend(quote! {
            {
                const STATEMENTS: &[#runtime::Statement] = &[#(#statements),*];
                const CHANGES: &[#runtime::Change] = &[#(#changes),*];
                const UNDO: &#runtime::Undo = &#undo;
                #runtime::Migration::__new(#version, #name, #file, #text, #checksum, #chain)
                    .__with_description(#description)
                    .__with_policy(#compatibility, #mode)
                    #requires
                    #links
                    #moved
                    .__with_statements(STATEMENTS)
                    .__with_changes(CHANGES)
                    #checks
                    .__with_undo(UNDO)
                    #phased
            }
        });
    }
}

impl ToTokens for Quoted<'_, Link> {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let runtime = runtime();
        let predecessor = self.0.predecessor();
        let predecessor = option(predecessor.as_ref().map(Quoted));
        let (checksum, chain) = (self.0.checksum(), self.0.chain());
        let (checksum, chain) = (Quoted(&checksum), Quoted(&chain));
        tokens.extend(quote!(#runtime::Link::__of_bytes(#predecessor, #checksum, #chain)));
    }
}

impl ToTokens for Quoted<'_, Checksum> {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        // One token, where an array would be 64: a long chain is expanded each time that its crate is checked.
        let bytes = Literal::byte_string(self.0.as_bytes());
        tokens.extend(quote!(*#bytes));
    }
}

impl ToTokens for Quoted<'_, Compatibility> {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let runtime = runtime();
        tokens.extend(match self.0 {
            Compatibility::Compatible => quote!(#runtime::Compatibility::Compatible),
            Compatibility::Breaking => quote!(#runtime::Compatibility::Breaking),
        });
    }
}

impl ToTokens for Quoted<'_, Mode> {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let runtime = runtime();
        tokens.extend(match self.0 {
            Mode::Transaction => quote!(#runtime::Mode::Transaction),
            Mode::Stepwise => quote!(#runtime::Mode::Stepwise),
            Mode::Phased => quote!(#runtime::Mode::Phased),
        });
    }
}
