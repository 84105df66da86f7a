// The generated code names a type that the DOM library declares and Node's own types do not.
type BodyInit = NonNullable<RequestInit['body']>;
