namespace Hooks.Snapshots;

/// <summary>The extension a test gives to <c>Verify</c>, where it gives one; without this attribute its approved file is a <c>.txt</c>.</summary>
/// <param name="extension">The extension, without the dot.</param>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class ApprovedAsAttribute(string extension) : Attribute
{
    /// <summary>The extension, without the dot.</summary>
    public string Extension { get; } = extension;
}
