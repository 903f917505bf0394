// What of a notification is signed, in the order and form in which SNS signs it, so that whoever verifies messages of
// SNS can verify these. SignatureVersion 1 is RSA with SHA-1, 2 is RSA with SHA-256.
// https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message-verify-message-signature.html

export type SignatureVersion = '1' | '2'

export interface TextToSign {
  readonly text: string
  readonly version: SignatureVersion
}

export interface SignedText {
  /** Base64. */
  readonly signature: string
  /** Of the certificate's URL on this server. */
  readonly certificatePath: string
}

export interface NotificationSigner {
  sign(text: TextToSign): Promise<SignedText>
  signNow(text: TextToSign): SignedText
}

/** The members of a document that may be signed. */
export interface SignedMembers {
  readonly Type: string
  readonly MessageId: string
  readonly TopicArn: string
  readonly Message: string
  readonly Timestamp: string
  readonly Subject?: string
  readonly Token?: string
  readonly SubscribeURL?: string
}

const OF_NOTIFICATIONS = [
  'Message',
  'MessageId',
  'Subject',
  'Timestamp',
  'TopicArn',
  'Type',
] as const
const OF_CONFIRMATIONS = [
  'Message',
  'MessageId',
  'SubscribeURL',
  'Timestamp',
  'Token',
  'TopicArn',
  'Type',
] as const

export function textToSign(members: SignedMembers, version: SignatureVersion): TextToSign {
  const names = members.Type === 'Notification' ? OF_NOTIFICATIONS : OF_CONFIRMATIONS
  const lines = names.flatMap((name) => {
    const value = members[name]
    return value === undefined ? [] : [name, value]
  })
  return { text: `${lines.join('\n')}\n`, version }
}

export function isSignatureVersion(text: string): text is SignatureVersion {
  return text === '1' || text === '2'
}
