package auth

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
	"github.com/pquerna/otp/totp"

	"dewpoint/internal/errs"
	"dewpoint/internal/model/access"
	"dewpoint/internal/schema"
)

const (
	codeStep      = 30 * time.Second // RFC 6238 section 5.2
	codeDigits    = otp.DigitsSix
	clockSkew     = 1 // steps that a clock may be off, either way
	recoveryCount = 8
	recoveryBytes = 10 // 80 random bits: a fast hash is enough
	issuer        = "Dewpoint"
)

// NewSecondFactor makes the secret of an authenticator, in base 32, and the URI that brings it into the app, by hand or as a QR code.
func (s *Service) NewSecondFactor(account string) (secret, uri string, err error) {
	key, err := totp.Generate(totp.GenerateOpts{Issuer: issuer, AccountName: account, Period: uint(codeStep / time.Second), Digits: codeDigits})
	if err != nil {
		return "", "", fmt.Errorf("making the secret of a second factor: %w", err)
	}
	return key.Secret(), key.URL(), nil
}

// NewRecoveryCodes makes the codes that stand in for a lost authenticator, each once, and what is stored of them.
func (s *Service) NewRecoveryCodes() (codes []string, stored string) {
	digests := make([]string, recoveryCount)
	for range recoveryCount {
		raw := make([]byte, recoveryBytes)
		rand.Read(raw)
		text := hex.EncodeToString(raw)
		codes = append(codes, strings.Join([]string{text[:5], text[5:10], text[10:15], text[15:]}, "-"))
	}
	for i, code := range codes {
		digests[i] = digestOf(plainCode(code))
	}
	return codes, strings.Join(digests, " ")
}

// plainCode takes out of a code what people put in to read it better, and puts in the zeros that a code sent as a number has lost.
func plainCode(code string) string {
	code = strings.ToLower(strings.NewReplacer(" ", "", "-", "").Replace(code))
	if _, err := strconv.ParseUint(code, 10, 32); err == nil && len(code) < int(codeDigits) {
		code = strings.Repeat("0", int(codeDigits)-len(code)) + code
	}
	return code
}

// CheckCode checks a code of an account's authenticator or a recovery code. The columns that it returns must be written in the same
// transaction that account, a row of users, was read in: they see to it that no code is taken twice. A wrong code is Invalid. After some
// wrong ones the account's codes are not looked at for a while, wherever they come from (TooMany): who can try them has the password.
// Unavailable when the authenticator's secret was sealed with a key that is gone, or in another row.
func (s *Service) CheckCode(account *schema.Record, code string) (access.UserSet, error) {
	by := attempt{account: accountOf("code of user " + account.Key.Text())}
	if wait := s.attempts.blocked(by, s.now()); wait > 0 {
		return nil, errWait(wait, "too many wrong codes of this account's second factor")
	}
	set, err := s.spend(account, plainCode(code))
	if err != nil {
		return nil, err
	}
	if set == nil {
		s.attempts.fail(by, s.now())
		return nil, errs.New(errs.Invalid, "invalid_code", "the code of the second factor is wrong, expired or already used; wait for the next one").On("code")
	}
	s.attempts.clear(by)
	return set, nil
}

// spend returns the columns that mark a good code as used, nil for one that isn't good.
func (s *Service) spend(account *schema.Record, code string) (access.UserSet, error) {
	if len(code) == int(codeDigits) {
		secret, err := s.open(account, access.UserCol.TwoFactorSecret.Name())
		if err != nil {
			return nil, errs.Wrap(err, errs.Unavailable, "second_factor_unreadable",
				"the codes of this account's authenticator can't be checked, because the server's key was replaced; use a recovery code, or ask an administrator to turn the second factor off")
		}
		taken := access.UserCol.TwoFactorStep.Of(account).Int()
		if !believable(taken*int64(codeStep/time.Second), s.now()) {
			taken = 0 // while the clock was ahead: the owner would wait for as long
		}
		if step := s.stepOf(secret, code); step > taken {
			return access.UserSet{}.TwoFactorStep(step), nil
		}
		return nil, nil
	}
	left := strings.Fields(access.UserCol.TwoFactorRecovery.Of(account).Text())
	i := slices.Index(left, digestOf(code))
	if i < 0 {
		return nil, nil
	}
	return access.UserSet{}.TwoFactorRecovery(strings.Join(slices.Delete(left, i, i+1), " ")), nil
}

// stepOf returns the time step that a code belongs to, 0 when it belongs to none that counts now.
func (s *Service) stepOf(secret, code string) int64 {
	now := s.now().Unix() / int64(codeStep/time.Second)
	for step := now + clockSkew; secret != "" && step >= now-clockSkew; step-- {
		good, err := hotp.ValidateCustom(code, uint64(step), secret, hotp.ValidateOpts{Digits: codeDigits, Algorithm: otp.AlgorithmSHA1})
		if err == nil && good {
			return step
		}
	}
	return 0
}
