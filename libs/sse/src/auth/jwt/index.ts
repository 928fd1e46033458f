export {
  jwtAuthenticator,
  type JwtAlgorithm,
  type JwtAuthenticatorOptions,
  type JwtClaims,
} from './jwt-authenticator.js';
