using Hooks.Lab;

namespace Hooks.Cli.RealKernel;

/// <summary>A kernel that can be booted, as JSON.</summary>
/// <param name="Image">Its name.</param>
/// <param name="Model">The model's kernel that it is compared with.</param>
/// <param name="About">What it is, in a line.</param>
internal sealed record LabImageJson(string Image, string Model, string About)
{
    /// <summary>An array of them.</summary>
    public static string Print(IReadOnlyList<LabImage> images) =>
        JsonText.Of([.. images.Select(i => new LabImageJson(i.Name, i.Model, i.About))], JsonTypes.Default.LabImageJsonArray);
}
