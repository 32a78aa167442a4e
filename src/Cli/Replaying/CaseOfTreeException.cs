namespace Hooks.Cli.Replaying;

/// <summary>A case is of a kernel that was read from a tree, and the tree was not given.</summary>
/// <param name="message">What would replay it.</param>
internal sealed class CaseOfTreeException(string message) : InputException(message);
