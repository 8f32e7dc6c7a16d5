"""The call loop: who is to be called becomes a task of one seller, and what became of it goes back. The pure middle is `dealing`, `limits`,
`outcomes`, `hours` and `wording`; `book` reads, `desk` acts."""
