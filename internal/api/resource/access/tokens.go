package access

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"dewpoint/internal/api/resource/frame"
	"dewpoint/internal/api/resource/shape"
	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/perm"
	"dewpoint/internal/query"
	"dewpoint/internal/schema"
)

// apiToken is what can be read of an API token: a row of user_api_keys.
type apiToken struct {
	ID         string  `json:"id"`
	Name       string  `json:"name"`
	Username   string  `json:"username"`
	CreatedAt  string  `json:"created_at" format:"date-time"`
	ExpiresAt  *string `json:"expires_at,omitempty" format:"date-time"`
	LastUsedAt *string `json:"last_used_at,omitempty" format:"date-time"`
}

type newToken struct {
	Token string   `json:"token" doc:"shown this once; 64 hex digits"`
	Info  apiToken `json:"token_info"`
}

type newTokenInput struct {
	Body struct {
		Name      string     `json:"name" required:"true" minLength:"1" maxLength:"128"`
		ExpiresAt *time.Time `json:"expires_at" doc:"never when missing"`
	}
}

func addTokens(s *service) {
	op := func(id, method, path, summary string) frame.Operation {
		return frame.Operation{ID: id, Method: method, Path: "/auth/tokens" + path, Summary: summary, Tag: "auth", Codes: authCodes}
	}
	frame.Add(s.Server, op("list-tokens", http.MethodGet, "", "List your API tokens"), s.listTokens)
	create := op("create-token", http.MethodPost, "", "Make an API token")
	create.Example = `{"name":"a script"}`
	frame.Add(s.Server, create, s.createToken)
	frame.Add(s.Server, op("get-token", http.MethodGet, "/{id}", "Read an API token"), func(ctx context.Context, in *frame.ByID) (apiToken, error) {
		return s.token(ctx, in.ID, perm.Read)
	})
	frame.Add(s.Server, op("revoke-token", http.MethodDelete, "/{id}", "Revoke an API token"), func(ctx context.Context, in *frame.ByID) (frame.Message, error) {
		if _, err := s.token(ctx, in.ID, perm.Delete); err != nil {
			return frame.Message{}, err
		}
		return frame.Message{Message: "Token revoked"}, s.Engine.Delete(ctx, "user_api_keys", in.ID)
	})
}

// tokenRow is a row of user_api_keys with its owner.
type tokenRow struct {
	Key     int64  `json:"$key"`
	Name    string `json:"name"`
	Created int64  `json:"created"`
	Expires *int64 `json:"expires"`
	Used    *int64 `json:"lastlogin_stamp"`
	User    struct {
		Name string `json:"name"`
	} `json:"user"`
}

const tokenFields = "$key,name,created,expires,lastlogin_stamp,user[name]"

// ownTokens asks for the caller's own tokens: administrators may see others' in the table API, here nobody does.
func ownTokens(ctx context.Context, key string) query.Request {
	own := strconv.FormatInt(perm.ActorOf(ctx).User, 10)
	return query.Request{Fields: tokenFields, Key: key, Sort: "$key", Equals: map[string]string{"user": own}}
}

func (row *tokenRow) token() apiToken {
	return apiToken{
		ID: strconv.FormatInt(row.Key, 10), Name: row.Name, Username: row.User.Name,
		CreatedAt: shape.Stamp(row.Created), ExpiresAt: shape.StampOrNil(row.Expires), LastUsedAt: shape.StampOrNil(row.Used),
	}
}

func (s *service) listTokens(ctx context.Context, _ *struct{}) ([]apiToken, error) {
	rows, err := engine.List[tokenRow](ctx, s.Engine, "user_api_keys", ownTokens(ctx, ""))
	list := make([]apiToken, len(rows))
	for i := range rows {
		list[i] = rows[i].token()
	}
	return list, err
}

func (s *service) token(ctx context.Context, id string, right perm.Right) (apiToken, error) {
	row, err := engine.One[tokenRow](ctx, s.Engine, "user_api_keys", ownTokens(ctx, id), right)
	if errs.Is(err, errs.NotFound) {
		err = errs.New(errs.NotFound, "not_found", "you have no API token %q", id)
	}
	return row.token(), err
}

func (s *service) createToken(ctx context.Context, in *newTokenInput) (newToken, error) {
	row := schema.Input{"name": engine.Text(in.Body.Name), "expires_type": engine.Text("never")}
	if at := in.Body.ExpiresAt; at != nil {
		if !at.After(time.Now()) {
			return newToken{}, errs.New(errs.Invalid, "invalid_expires_at", "expires_at is in the past").On("expires_at")
		}
		row["expires"], row["expires_type"] = engine.Number(at.Unix()), engine.Text("date")
	}
	row["user"] = engine.Number(perm.ActorOf(ctx).User)
	made, err := s.Engine.Create(ctx, "user_api_keys", row)
	if err != nil {
		return newToken{}, err
	}
	info, err := s.token(ctx, made.Key.Text(), perm.Read)
	return newToken{Token: made.Response["token"], Info: info}, err
}
