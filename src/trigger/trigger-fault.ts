/** What stands against a deployment, for the status of its trigger: a person has to do something about it. */
export class TriggerFault extends Error {
  override readonly name = 'TriggerFault'
}
