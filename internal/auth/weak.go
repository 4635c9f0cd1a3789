package auth

import (
	_ "embed"
	"strings"
	"unicode"
	"unicode/utf8"

	"dewpoint/internal/errs"
)

const (
	shortestPassword = 8 // characters, NIST SP 800-63B section 5.1.1
	shortestNumber   = 12
	leastDifferent   = 4
)

// commonPasswords are those that guessers try first, one a line: the passwords of the frequency lists of zxcvbn (Dropbox, MIT licence).
//
//go:embed common_passwords.txt
var commonPasswords string

// CheckPassword refuses a new password that would be guessed: Invalid on "password", with the reason as a sentence. It says nothing of those
// that are in use.
func (s *Service) CheckPassword(account, password string) error {
	if why := weakness(account, password); why != "" {
		return errs.Field("password", "%s", errs.Ours(why)).Coded("weak_password")
	}
	return nil
}

// weakness says what is wrong with a password, "" for nothing.
func weakness(account, password string) string {
	core := coreOf(password)
	switch {
	case utf8.RuneCountInString(password) < shortestPassword:
		return "must have at least 8 characters"
	case len(password) > longestPassword:
		return "must have at most 1024 bytes"
	case core == "" && utf8.RuneCountInString(password) < shortestNumber:
		return "must have letters too, or at least 12 digits and signs"
	case different(password) < leastDifferent:
		return "must have at least 4 different characters"
	case isSequence(password):
		return "must not count up or down the digits or the alphabet"
	case core != "" && (core == coreOf(account) || core == "dewpoint"):
		return "must be more than the account's name, or the server's, with digits around it"
	case isCommon(strings.ToLower(password)), isCommon(core):
		return "must not be one of the passwords that everybody tries first, with or without digits around it; take some words that don't belong together"
	}
	return ""
}

// coreOf returns a text in small letters without the digits and signs around it, which people add when they are asked for some.
func coreOf(text string) string {
	return strings.TrimFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) })
}

func isCommon(word string) bool {
	return word != "" && !strings.Contains(word, "\n") && strings.Contains("\n"+commonPasswords, "\n"+word+"\n")
}

// different counts the characters that a text is made of.
func different(text string) int {
	seen := map[rune]bool{}
	for _, r := range text {
		seen[r] = true
	}
	return len(seen)
}

// isSequence reports whether each character is the one after, or before, that on its left; after 9 comes 0.
func isSequence(text string) bool {
	runes := []rune(strings.ToLower(text))
	up, down := true, true
	for i := 1; i < len(runes); i++ {
		up, down = up && follows(runes[i-1], runes[i]), down && follows(runes[i], runes[i-1])
	}
	return up || down
}

func follows(before, after rune) bool { return after == before+1 || before == '9' && after == '0' }
