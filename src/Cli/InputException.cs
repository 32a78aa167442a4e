namespace Hooks.Cli;

/// <summary>Bad usage or input: the message is all that its author needs to see.</summary>
/// <param name="message">What is wrong, and what was expected.</param>
internal class InputException(string message) : Exception(message);
