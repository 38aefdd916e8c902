fn main() -> bcc_runtime::Result<()> {
    bcc_runtime::ahead::build()
}
