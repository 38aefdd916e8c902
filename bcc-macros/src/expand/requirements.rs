//! What the program asks of the machine: as a function of the module, and in its documentation.

use bcc_lang::program::Program;
use bcc_lang::requirements::{
    Argument, ArgumentType, CapabilityItem, ConfigItem, GplItem, KernelItem, MemberItem, Place,
    Requirements, Target,
};
use bcc_lang::version::KernelVersion;
use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;

/// What the documentation of the module says beside its name.
pub(crate) fn document(program: &Program) -> String {
    let requirements = &program.requirements;
    // Of a text with mistakes not even the licence may be known.
    if requirements.license.is_empty() {
        return String::new();
    }
    format!("\n\n# Requirements\n\n{}", requirements.to_markdown())
}

/// `pub fn requirements()`
pub(crate) fn expand_requirements(program: &Program) -> TokenStream {
    let Requirements {
        file,
        min_kernel,
        kernel,
        capabilities,
        license,
        gpl,
        btf,
        config,
        targets,
        members,
    } = &program.requirements;
    let min_kernel = expand_option(min_kernel.map(expand_version));
    let kernel = kernel.iter().map(expand_kernel);
    let capabilities = capabilities.iter().map(expand_capability);
    let gpl = gpl.iter().map(expand_gpl);
    let config = config.iter().map(expand_config);
    let targets = targets.iter().map(expand_target);
    let members = members.iter().map(expand_member);
    let (file, license, btf) = (expand_text(file), expand_text(license), ident(btf.name()));
    quote! {
        #[doc = "What the program asks of the machine it runs on: kernel, rights, licence."]
        #[must_use]
        pub fn requirements() -> ::bcc_runtime::requirements::Requirements {
            use ::bcc_runtime::requirements as r;
            use ::std::borrow::Cow::Borrowed;
            const KERNEL: &[r::KernelItem] = &[#(#kernel),*];
            const CAPABILITIES: &[r::CapabilityItem] = &[#(#capabilities),*];
            const GPL: &[r::GplItem] = &[#(#gpl),*];
            const CONFIG: &[r::ConfigItem] = &[#(#config),*];
            const TARGETS: &[r::Target] = &[#(#targets),*];
            const MEMBERS: &[r::MemberItem] = &[#(#members),*];
            r::Requirements {
                file: #file,
                min_kernel: #min_kernel,
                kernel: Borrowed(KERNEL),
                capabilities: Borrowed(CAPABILITIES),
                license: #license,
                gpl: Borrowed(GPL),
                btf: r::BtfNeed::#btf,
                config: Borrowed(CONFIG),
                targets: Borrowed(TARGETS),
                members: Borrowed(MEMBERS),
            }
        }
    }
}

fn ident(name: &str) -> Ident {
    Ident::new(name, Span::call_site())
}

fn expand_text(text: &str) -> TokenStream {
    quote!(Borrowed(#text))
}

fn expand_option(value: Option<TokenStream>) -> TokenStream {
    value.map_or_else(
        || quote!(::core::option::Option::None),
        |value| quote!(::core::option::Option::Some(#value)),
    )
}

fn expand_version(KernelVersion { major, minor }: KernelVersion) -> TokenStream {
    quote!(r::KernelVersion::new(#major, #minor))
}

fn expand_place(Place { line, column }: Place) -> TokenStream {
    quote!(r::Place { line: #line, column: #column })
}

fn expand_kernel(item: &KernelItem) -> TokenStream {
    let KernelItem {
        since,
        kind,
        name,
        constant,
        place,
        optional,
    } = item;
    let constant = expand_text(constant);
    let (since, kind, name) = (
        expand_version(*since),
        ident(kind.name()),
        expand_text(name),
    );
    let place = expand_option(place.map(expand_place));
    quote! {
        r::KernelItem {
            since: #since, kind: r::KernelItemKind::#kind, name: #name, constant: #constant,
            place: #place, optional: #optional,
        }
    }
}

fn expand_capability(CapabilityItem { capability, reason }: &CapabilityItem) -> TokenStream {
    let (capability, reason) = (ident(capability.name()), expand_text(reason));
    quote!(r::CapabilityItem { capability: r::Capability::#capability, reason: #reason })
}

fn expand_gpl(
    GplItem {
        helper,
        text,
        place,
    }: &GplItem,
) -> TokenStream {
    let (helper, text, place) = (expand_text(helper), expand_text(text), expand_place(*place));
    quote!(r::GplItem { helper: #helper, text: #text, place: #place })
}

fn expand_config(ConfigItem { option, reason }: &ConfigItem) -> TokenStream {
    let (option, reason) = (expand_text(option), expand_text(reason));
    quote!(r::ConfigItem { option: #option, reason: #reason })
}

fn expand_target(target: &Target) -> TokenStream {
    let Target {
        kind,
        name,
        program,
        place,
        certain,
        arguments,
    } = target;
    let (kind, place) = (ident(kind.name()), expand_place(*place));
    let (name, program) = (expand_text(name), expand_text(program));
    let arguments = arguments.iter().map(expand_argument);
    quote! {
        r::Target {
            kind: r::TargetKind::#kind, name: #name, program: #program, place: #place,
            certain: #certain, arguments: Borrowed(&[#(#arguments),*]),
        }
    }
}

fn expand_argument(argument: &Argument) -> TokenStream {
    let Argument {
        name,
        text,
        ty,
        used,
    } = argument;
    let (name, text) = (expand_text(name), expand_text(text));
    let ty = match ty {
        ArgumentType::Integer(size) => quote!(Integer(#size)),
        ArgumentType::Pointer => quote!(Pointer),
        ArgumentType::Struct(tag) => {
            let tag = expand_text(tag);
            quote!(Struct(#tag))
        }
        // What may come is not known here either.
        _ => quote!(Unknown),
    };
    quote!(r::Argument { name: #name, text: #text, ty: r::ArgumentType::#ty, used: #used })
}

fn expand_member(MemberItem { owner, path, place }: &MemberItem) -> TokenStream {
    let (owner, path, place) = (expand_text(owner), expand_text(path), expand_place(*place));
    quote!(r::MemberItem { owner: #owner, path: #path, place: #place })
}
