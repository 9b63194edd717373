"""What a command says as sentences and tables of words, whoever shows them: a screen, a pull request, a page."""
