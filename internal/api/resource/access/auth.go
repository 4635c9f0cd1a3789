package access

import (
	"cmp"
	"context"
	"net/http"
	"strings"
	"time"

	"dewpoint/internal/api/front"
	"dewpoint/internal/api/resource/frame"
	"dewpoint/internal/auth"
	"dewpoint/internal/errs"
	"dewpoint/internal/model/access"
	"dewpoint/internal/perm"
)

var authCodes = frame.Codes{Invalid: "VALIDATION_ERROR", NotFound: "NOT_FOUND"}

// ticket is the reply to a login.
type ticket struct {
	Token        string `json:"token" doc:"a JWT, good for 24 hours"`
	RefreshToken string `json:"refresh_token" doc:"the same JWT; auth/refresh accepts it up to seven days after it expired"`
	TokenType    string `json:"token_type" enum:"Bearer"`
	ExpiresAt    int64  `json:"expires_at" doc:"in seconds since 1970"`
	User         person `json:"user"`
}

// person is an account as this dialect shows it. Accounts are Dewpoint's own, not the host's: uid is the key of the row in users.
type person struct {
	Username string   `json:"username"`
	UID      int64    `json:"uid"`
	GID      int64    `json:"gid"`
	Home     string   `json:"home"`
	Groups   []string `json:"groups"`
}

func ticketOf(token string, expires time.Time, u access.User) ticket {
	p := person{Username: u.Name, UID: u.Key, GID: u.Key, Home: "/", Groups: []string{"users"}}
	if u.Admin {
		p.Groups = []string{"admin"}
	}
	return ticket{Token: token, RefreshToken: token, TokenType: "Bearer", ExpiresAt: expires.Unix(), User: p}
}

type loginInput struct {
	Body struct {
		_        struct{} `additionalProperties:"true"` // of ways to sign in that aren't built
		Username string   `json:"username" required:"true" minLength:"1" maxLength:"256"`
		Password string   `json:"password" maxLength:"1024"`
		AuthType string   `json:"auth_type" doc:"password (the default)"`
		Code     string   `json:"code" maxLength:"64" doc:"of the account's second factor, or a recovery code"`
		OTP      string   `json:"otp" maxLength:"64" doc:"the same as code"`
	}
}

type refreshInput struct {
	Authorization string `header:"Authorization"`
	Body          *struct {
		_            struct{} `additionalProperties:"true"`
		RefreshToken string   `json:"refresh_token"`
	}
}

func addAuth(s *service) {
	op := frame.Operation{Tag: "auth", Method: http.MethodPost, Codes: authCodes, Public: true}
	login, refresh := op, op
	login.ID, login.Path, login.Summary = "login", "/auth/login", "Exchange a name and password for a JWT"
	login.Example = `{"username":"admin","password":"the password of admin"}`
	frame.Add(s.Server, login, s.login)
	refresh.ID, refresh.Path, refresh.Summary = "refresh", "/auth/refresh", "Exchange a JWT for a new one, up to seven days after it expired"
	refresh.Doc = "This works until the login is older than the setting max_sign_in_age, which is 30 days by default."
	refresh.Example = `{}`
	frame.Add(s.Server, refresh, s.refresh)
	logout := op
	logout.ID, logout.Path, logout.Summary, logout.Public = "logout", "/auth/logout", "End the login: revoke the JWT and all JWTs refreshed from it", false
	logout.Doc = "All servers refuse them at once, and they can't be refreshed. A session that authenticates the request ends, too."
	frame.Add(s.Server, logout, s.logout)
}

func (s *service) login(ctx context.Context, in *loginInput) (ticket, error) {
	switch in.Body.AuthType {
	case "", "password":
	case "ssh_key":
		return ticket{}, errs.New(errs.NotBuilt, "ssh_login", "login with an SSH key isn't supported; log in with a password")
	default:
		return ticket{}, errs.New(errs.Invalid, "invalid_auth_type", "auth_type %q is not known; use password", in.Body.AuthType).On("auth_type")
	}
	u, err := s.auth.Login(ctx, auth.Attempt{
		Name: in.Body.Username, Password: in.Body.Password, Code: cmp.Or(in.Body.Code, in.Body.OTP), Address: front.Of(ctx).Address,
	})
	if err != nil {
		return ticket{}, err
	}
	token, expires, err := s.auth.IssueJWT(ctx, u)
	return ticketOf(token, expires, u), err
}

func (s *service) refresh(ctx context.Context, in *refreshInput) (ticket, error) {
	scheme, token, _ := strings.Cut(in.Authorization, " ")
	if !strings.EqualFold(scheme, "Bearer") {
		token = ""
	}
	if token == "" && in.Body != nil {
		token = in.Body.RefreshToken
	}
	if token == "" {
		return ticket{}, errs.New(errs.Unauthenticated, "missing", "Missing authorization token")
	}
	fresh, expires, u, err := s.auth.Refresh(ctx, strings.TrimSpace(token))
	return ticketOf(fresh, expires, u), err
}

func (s *service) logout(ctx context.Context, _ *struct{}) (frame.Message, error) {
	return frame.Message{Message: "logged out"}, s.auth.SignOut(ctx, perm.ActorOf(ctx))
}
