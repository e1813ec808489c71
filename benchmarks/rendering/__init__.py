"""What drawing answers costs. Run with: python -m benchmarks.rendering"""
