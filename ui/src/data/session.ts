// Who is signed in.
import { ApiError, ask, session } from "./api";

const where = "/api/sys/session";

export async function restore(): Promise<void> {
	try {
		session.value = (await ask("GET", where)).body as typeof session.value;
	} catch {
		session.value = null;
	}
}

/** Signs in; an ApiError of status 401 says that the name, the password or the code isn't right, or that a code is needed. */
export async function signIn(login: string, password: string, code: string): Promise<void> {
	session.value = (await ask("POST", where, { login, password, ...(code && { code }) })).body as typeof session.value;
}

export async function signOut(): Promise<void> {
	try {
		await ask("DELETE", where);
	} catch (error) {
		if (!(error instanceof ApiError) || error.status !== 401) throw error;
	}
	session.value = null;
}
